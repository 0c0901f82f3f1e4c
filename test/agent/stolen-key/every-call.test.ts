import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { attacksOnExo } from "./attacks-on-exo.js";
import { attacksOnModels } from "./attacks-on-models.js";
import { attacksOnTrust } from "./attacks-on-trust.js";
import { methodsOf, openRobbedAgents, protoFiles, type RobbedAgents, secret } from "./robbed-agent.js";

const attacks = { ...attacksOnExo, ...attacksOnModels, ...attacksOnTrust };
/** exo's own service, which agents call and do not serve. */
const notServed = new Set([...methodsOf("proto/exo_node_service.proto").keys()]);
/** gRPC's INVALID_ARGUMENT and FAILED_PRECONDITION: a refusal in words, no fault of the agent. */
const refusals = [3, 9];

let robbed: RobbedAgents;
beforeAll(async () => {
  robbed = await openRobbedAgents();
});
afterAll(() => robbed.close());
beforeEach(async () => {
  await robbed.takeLease();
  await robbed.call("NodeAgent/StartExo", {});
});

test("every call of every proto file that the agent serves is attacked here, and no other", () => {
  const served = protoFiles.flatMap((file) => [...methodsOf(file).keys()]).filter((name) => !notServed.has(name));
  expect(Object.keys(attacks).toSorted()).toEqual(served.toSorted());
  for (const [name, list] of Object.entries(attacks)) expect([name, list.length]).not.toEqual([name, 0]);
});

/** Where calls may change anything at all, below the root of the test. */
const mayChange = [
  join("exo", "cards"),
  join("exo", "models"),
  join("agent-modern"),
  join("agent-classic"),
  join("classic", "exo"),
  "classic-home",
  // The test's own record of what was converted.
  "conversions.txt",
];
/** What the agent is, in its own folder. */
const itself = ["agent-id", "identity.pem", "controller.json"];
const isAllowed = (path: string): boolean =>
  mayChange.some((place) => path === place || path.startsWith(`${place}/`)) &&
  !itself.some((name) => path.endsWith(`/${name}`)) &&
  !/\.(py|pyc|so|dylib|sh|plist)$/.test(path.replace(join("classic", "exo", "models.py"), ""));

/** What was changed, made or removed between two looks. */
function changed(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): readonly string[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
}

describe.each(Object.entries(attacks))("%s, by the holder of a stolen controller's key,", (name, list) => {
  test("is refused, in words and before anything is changed, where it asks for what may not be", async () => {
    const before = robbed.world();
    for (const { what, request } of list.filter(({ ends }) => ends === "refused")) {
      const outcome = await robbed.call(name, request);
      expect([what, outcome]).toEqual([
        what,
        { kind: "refused", code: expect.any(Number), details: expect.any(String) },
      ]);
      expect([what, outcome.kind === "refused" && refusals.includes(outcome.code)]).toEqual([what, true]);
      expect(JSON.stringify(outcome)).not.toContain(secret);
    }
    expect(changed(before, robbed.world())).toEqual([]);
  });

  const others = list.filter(({ ends }) => ends === "harmless");
  test.each(others)("does what it is for at most, and no harm: $what", async ({ request }) => {
    const before = robbed.world();
    const outcome = await robbed.call(name, request);
    // A fault would be one that nobody has thought of.
    if (outcome.kind === "refused") expect(refusals).toContain(outcome.code);
    expect(JSON.stringify(outcome)).not.toContain(secret);
    expect(changed(before, robbed.world()).filter((path) => !isAllowed(path))).toEqual([]);
  });
});

describe("after all of it", () => {
  test("no other program has been started, with no other argument and no other variable than was told at installation", async () => {
    await robbed.call("ClassicExo/Configure", {});
    expect(robbed.started.length).toBeGreaterThan(0);
    for (const { command, args, env, cwd } of robbed.started) {
      expect(command).toMatch(/^\/opt\/(modern|classic)\/exo$/);
      expect(args[0]).toBe("--told-at-installation");
      if (command.includes("modern")) expect(args).toHaveLength(1);
      expect(Object.keys(env).filter((key) => !["PATH", "EXO_HOME", "TMPDIR"].includes(key))).toEqual(
        Object.keys(env).filter((key) => key.startsWith("TIKTOKEN_")),
      );
      expect(cwd).toBe(robbed.root);
    }
  });

  test("converters were told nothing but what exoctl says, and folders inside exo's models folder", async () => {
    const models = join(robbed.root, "exo", "models");
    const runs = await robbed.conversions();
    expect(runs.length).toBeGreaterThan(0);
    for (const args of runs)
      for (const path of args.filter((arg) => arg.includes("/"))) expect(path.startsWith(`${models}/`)).toBe(true);
    expect(JSON.stringify(runs)).not.toMatch(/lab--(escape|mixed)|outside/);
  });
});
