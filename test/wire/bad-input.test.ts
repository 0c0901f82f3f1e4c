import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { createCliSandbox, runCli, startCli } from "../support/run-cli.js";

const longMs = 120_000;

describe("bad input", () => {
  const sandbox = createCliSandbox();
  const write = (name: string, text: string): string => {
    const file = join(sandbox.temp, "..", name);
    writeFileSync(file, text);
    return file;
  };

  afterAll(() => {
    expect(sandbox.processes()).toEqual([]);
    expect(sandbox.leftovers()).toEqual([]);
    sandbox.remove();
  });

  test("every mistake of a cluster file is shown at once, with its place and what was expected", async () => {
    const file = write(
      "wrong.yaml",
      "apiVersion: exoctl/v1\nexo:\n  apiPort: many\nmodels:\n  - name: gpt-oss-120b\n    serve: { context: lots, minNode: 2 }\n",
    );
    const { code, stderr } = await runCli(sandbox, ["up", "--simulate", "-f", file]);
    expect(code).toBe(2);
    expect(stderr).toContain("wrong.yaml:3:12");
    expect(stderr).toContain("exo.apiPort");
    expect(stderr).toContain("models[0].serve.context");
    expect(stderr).toContain("minNodes");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test(
    "too little memory: says by how many bytes, exit code 3, and nothing is left",
    async () => {
      const macs = write(
        "small.yaml",
        "macs:\n  - { name: mini-1, chip: M4 Max, memoryGb: 36 }\n  - { name: mini-2, chip: M2 Max, memoryGb: 32 }\n",
      );
      const { code, stdout, stderr } = await runCli(sandbox, [
        ...["up", "--simulate", macs, "--once", "--listen", "127.0.0.1:0"],
      ]);
      expect(stderr).toMatch(/does not fit/);
      expect(stderr).toMatch(/GiB/);
      expect(stdout).toBe("");
      expect(code).toBe(3);
    },
    longMs,
  );

  test("an exo that does not answer: exit code 4 and what to check", async () => {
    const { code, stderr } = await runCli(sandbox, [
      ...["up", "--exo", "127.0.0.1:9", "--once", "--wait", "2s", "--listen", "127.0.0.1:0"],
    ]);
    expect(code).toBe(4);
    expect(stderr).toContain("no node became ready");
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  test("mistyped commands and options are usage errors", async () => {
    for (const args of [
      ["stauts"],
      ["up", "--simulate", "0"],
      ["plan", "--inventory", "/nowhere"],
      ["up", "--exo", "a b"],
    ]) {
      const { code, stderr } = await runCli(sandbox, args);
      expect([args, code]).toEqual([args, 2]);
      expect(stderr).not.toMatch(/\n\s+at /);
    }
  });

  test("an agent refuses a token of another controller than the pin says, and one without a token", async () => {
    const [pin, secret, other] = [1, 2, 3].map((byte) => Buffer.alloc(32, byte).toString("base64url"));
    const args = ["agent", "--controller", "127.0.0.1:9", "--pin", other ?? "", "--token-file", "-"];
    const differs = await runCli(sandbox, args, `enr1.abcdefghij.${secret}.${pin}\n`);
    expect([differs.code, differs.stderr]).toEqual([2, expect.stringContaining("pin")]);
    const without = await runCli(sandbox, ["agent", "--listen", "127.0.0.1:0"]);
    expect([without.code, without.stderr]).toEqual([2, expect.stringContaining("exoctl token create")]);
  });

  test(
    "Ctrl-C while it is still starting leaves nothing",
    async () => {
      for (const afterMs of [300, 1_500, 3_500]) {
        const up = startCli(sandbox, ["up", "--simulate", "--listen", "127.0.0.1:0"]);
        await new Promise((wait) => setTimeout(wait, afterMs));
        up.child.kill("SIGINT");
        await up.done;
        expect([afterMs, sandbox.processes(), sandbox.leftovers()]).toEqual([afterMs, [], []]);
      }
    },
    longMs,
  );
});
