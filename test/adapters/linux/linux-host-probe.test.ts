import { expect, test } from "vitest";
import { linuxHostProbe } from "../../../src/adapters/linux/linux-host-probe.js";

const { signal } = new AbortController();

test.each(["sw_vers", "sysctl-hardware", "vm_stat", "metal-device-info"] as const)(
  "Linux has no %s",
  async (question) => {
    expect(await linuxHostProbe.ask(question, signal)).toEqual({ kind: "missing" });
  },
);

test("an aborted question is not asked", async () => {
  await expect(linuxHostProbe.ask("proc-meminfo", AbortSignal.abort(new Error("over")))).rejects.toThrow("over");
});
