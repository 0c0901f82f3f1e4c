import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBonjourNodeFinder } from "../../src/adapters/mdns/bonjour-node-finder.js";
import { formatJoinToken } from "../../src/controller/join-token.js";
import type { FinderEvent } from "../../src/discover/node-finder.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";
import { realClock } from "../support/real-clock.js";
import { type CliSandbox, createCliSandbox, runCli, startCli } from "../support/run-cli.js";

let house: EnrolmentHouse;
let sandbox: CliSandbox;
beforeEach(async () => {
  house = await openEnrolmentHouse({ deadlineMs: 30_000 });
  sandbox = createCliSandbox();
});
afterEach(async () => {
  await house.close();
  sandbox.remove();
});

test.runIf(process.platform === "linux")(
  "the token of an agent that joins is neither in its arguments nor in its environment nor in what it advertises",
  async () => {
    const events: FinderEvent[] = [];
    const finder = createBonjourNodeFinder({
      serviceType: "exoctl",
      interfaceAddress: "127.0.0.1",
      mdnsPort: 5353,
      clock: realClock,
    });
    await finder.start((event) => events.push(event));
    const text = formatJoinToken(await house.newToken());
    const secret = text.split(".")[2] ?? expect.fail("a token has a secret");
    const joining = startCli(
      sandbox,
      [
        ...["agent", "--controller", `127.0.0.1:${house.port}`, "--pin", house.controller.pin, "--token-file", "-"],
        ...["--listen", "127.0.0.1:0", "--files-listen", "127.0.0.1:0", "--interface", "127.0.0.1"],
        ...["--exo-home", sandbox.temp, "--exo-api-port", "1", "--name", "joining"],
      ],
      `${text}\n`,
    );
    const places = ["cmdline", "environ"].map((name) => `/proc/${joining.child.pid}/${name}`);
    const read = async (): Promise<string> => (await Promise.all(places.map((file) => readFile(file, "utf8")))).join();
    const before = await read();
    await expect.poll(() => house.store.members(), { timeout: 30_000 }).toMatchObject([{ name: "joining" }]);
    const after = await read();
    const [member] = house.store.members();
    await expect
      .poll(() => JSON.stringify(events), { timeout: 10_000 })
      .toContain(member?.agentId ?? expect.fail("enrolled"));
    joining.child.kill("SIGTERM");
    const { stdout, stderr } = await joining.done;
    await finder.close();
    // What is looked at is the right thing: the pin, which is no secret, shows.
    expect(after).toContain(house.controller.pin);
    for (const seen of [before, after, JSON.stringify(events), stdout, stderr]) expect(seen).not.toContain(secret);
  },
);

test("there is no way to write a token into the arguments, and one that is tried there is not repeated", async () => {
  const token = formatJoinToken(await house.newToken());
  for (const args of [
    ["agent", "--token", token],
    ["agent", `--token=${token}`],
  ]) {
    const { code, stdout, stderr } = await runCli(sandbox, args);
    expect(code).toBe(2);
    expect(stdout + stderr).not.toContain(token.split(".")[2]);
  }
});
