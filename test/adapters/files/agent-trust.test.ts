import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readAgentTrust, writeAgentTrust } from "../../../src/adapters/files/agent-trust.js";

const trust = { clusterId: "abcdefgh", name: "studio-1", certificatePem: "-----BEGIN", pin: "p".repeat(43) };
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-trust-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("an agent that never enrolled trusts nobody", async () => {
  expect(await readAgentTrust(folder)).toBeUndefined();
  expect(await readAgentTrust(join(folder, "not-there"))).toBeUndefined();
});

test("remembers its controller, readable by its account alone; a new enrolment replaces it", async () => {
  await writeAgentTrust(folder, { ...trust, clusterId: "earlier" });
  await writeAgentTrust(folder, trust);
  expect(await readAgentTrust(folder)).toEqual(trust);
  expect(await readdir(folder)).toEqual(["controller.json"]);
  expect((await stat(join(folder, "controller.json"))).mode & 0o777).toBe(0o600);
});

test.each([
  "",
  "{",
  "[]",
  '{"clusterId":"a"}',
  JSON.stringify({ ...trust, pin: "" }),
  JSON.stringify({ ...trust, x: 1 }),
])("a damaged file (%j) is named and left as it is: nobody is trusted in its place", async (text) => {
  const file = join(folder, "controller.json");
  await writeFile(file, text);
  await expect(readAgentTrust(folder)).rejects.toMatchObject({
    name: "Problem",
    code: "agent_trust_damaged",
    message: expect.stringContaining(file),
  });
  expect(await readFile(file, "utf8")).toBe(text);
});
