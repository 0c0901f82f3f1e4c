import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { openAgentLink } from "../../src/adapters/grpc/grpc-agent-link.js";
import { systemClock } from "../../src/adapters/system/system-clock.js";
import type { AgentLink } from "../../src/inventory/agent-link.js";
import type { AgentFacts } from "../../src/processes/agent-enrolment.js";
import { type AgentSettings, type RunningAgent, startAgent } from "../../src/processes/agent-process.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { anIdentity, type TestIdentity } from "../support/agent-identities.js";
import { createFakeProbe } from "../support/agent-probe-outputs.js";
import { freePort, tinyExo } from "../support/agent-tiny-exo.js";
import { createClassicHouse } from "../support/classic-house.js";
import { anEntry } from "../support/registry-entries.js";

const { signal } = new AbortController();
const before = tls.DEFAULT_MIN_VERSION;
let root: string;
let identity: TestIdentity;
let controller: TestIdentity;
const open: (() => Promise<void>)[] = [];

beforeAll(async () => {
  [identity, controller] = await Promise.all([anIdentity("agent"), anIdentity("controller")]);
});
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exoctl-agent-"));
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
  await rm(root, { recursive: true, force: true });
});
afterAll(() => {
  tls.DEFAULT_MIN_VERSION = before;
});

async function start(
  changes: Partial<AgentSettings> = {},
  exo: Partial<AgentSettings["exo"]> = {},
): Promise<RunningAgent> {
  const agent = await startAgent({
    homeFolder: join(root, "home"),
    name: "studio-1",
    agentVersion: "0.1.0",
    machine: "simulated",
    listen: { host: "127.0.0.1", port: 0 },
    identity,
    controller,
    hostProbe: createFakeProbe(),
    exo: {
      apiPort: await freePort(),
      cardsFolder: join(root, "cards"),
      modelsFolders: [join(root, "models")],
      generation: "unknown",
      onClose: "stop",
      ...exo,
    },
    advertise: async () => async () => {},
    logger: silentLogger,
    clock: systemClock,
    ...changes,
  });
  open.push(agent.close);
  return agent;
}

function linkTo(agent: RunningAgent): AgentLink {
  const link = openAgentLink({ host: "127.0.0.1", port: agent.port, own: controller, agent: identity });
  open.push(() => link.close());
  return link;
}

const stateOf = async (link: AgentLink) => (await link.describe(signal)).exo.state;
const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

describe("an agent with an exo of its own", () => {
  test("starts it, writes the entry in its form, and ends it when it closes", async () => {
    const port = await freePort();
    const program = tinyExo(root, port);
    const agent = await start({}, { program, apiPort: port });
    const link = linkTo(agent);
    await expect.poll(() => stateOf(link), { timeout: 10_000 }).toBe("running");
    const report = await link.describe(signal);
    expect(report).toMatchObject({
      agentId: agent.agentId,
      simulated: true,
      exo: { managed: true, variant: { label: "1.0.71" } },
    });
    await link.takeLease(1, signal);
    expect(await link.ensureEntry(anEntry(), signal)).toEqual({ entry: "created", weights: "missing" });
    expect(await readdir(join(root, "cards", "exoctl"))).toHaveLength(1);
    const pid = Number(report.exo.nodeId?.replace("tiny-", ""));
    expect(isAlive(pid)).toBe(true);
    await agent.close();
    expect(isAlive(pid)).toBe(false);
    const seen = JSON.parse((await readFile(program.logFile, "utf8")).split("\n")[0] ?? "");
    expect(Object.keys(seen).filter((name) => !name.startsWith("__"))).toEqual(["EXO_HOME", "TIKTOKEN_ENCODINGS_BASE"]);
  });

  test("leaves it running when told so, and the next agent does not take it over", async () => {
    const port = await freePort();
    const program = tinyExo(root, port);
    const first = await start({}, { program, apiPort: port, onClose: "leave" });
    const link = linkTo(first);
    await expect.poll(() => stateOf(link), { timeout: 10_000 }).toBe("running");
    const pid = Number((await link.describe(signal)).exo.nodeId?.replace("tiny-", ""));
    open.push(async () => void process.kill(-pid, "SIGKILL"));
    await first.close();
    expect(isAlive(pid)).toBe(true);
    const second = await start({}, { program, apiPort: port, onClose: "stop" });
    const again = linkTo(second);
    expect(second.agentId).toBe(first.agentId);
    expect((await again.describe(signal)).exo).toMatchObject({ state: "running", managed: false });
    await again.takeLease(1, signal);
    await expect(again.stopExo(signal)).rejects.toMatchObject({ code: "not_possible" });
    await second.close();
    expect(isAlive(pid)).toBe(true);
  });

  test("finds the vocabulary of gpt-oss, which a restart of the agent mends", async () => {
    const port = await freePort();
    const program = tinyExo(root, port);
    const file = join(root, "home", "tiktoken", "o200k_base.tiktoken");
    const first = await start({}, { program, apiPort: port });
    expect((await linkTo(first).describe(signal)).exo.vocabulary).toEqual({
      state: "ready",
      note: join(root, "home", "tiktoken"),
    });
    await first.close();
    await writeFile(file, "damaged");
    const second = await start({}, { program, apiPort: port });
    expect((await stat(file)).size).toBe(3_613_922);
    const link = linkTo(second);
    await expect.poll(() => stateOf(link), { timeout: 10_000 }).toBe("running");
    expect((await link.describe(signal)).exo).toMatchObject({ managed: true, vocabulary: { state: "ready" } });
  });

  test("reports a program that does not exist instead of failing itself", async () => {
    const program = { ...tinyExo(root, 1), command: join(root, "no-such-exo") };
    const link = linkTo(await start({}, { program }));
    await expect.poll(() => stateOf(link), { timeout: 5_000 }).toBe("failed");
    expect((await link.describe(signal)).exo.problem).toContain("could not be started");
  });
});

test("an agent of an exo 0.0.x says whether it answers, and looks after its registry", async () => {
  const house = await createClassicHouse();
  open.push(house.close);
  const exo = createServer((request, response) => {
    response.statusCode = request.url === "/healthcheck" ? 200 : 404;
    response.end(JSON.stringify({ status: "ok" }));
  });
  await new Promise<void>((resolve) => exo.listen(0, "127.0.0.1", resolve));
  open.push(async () => void exo.close());
  const { port: apiPort } = exo.address() as AddressInfo;
  const places = { installations: [house.root], exoHome: house.root, currentFolder: house.root };
  const link = linkTo(await start({}, { generation: "classic", classic: places, apiPort }));
  const { exo: reported } = await link.describe(signal);
  expect(reported).toEqual({ state: "running", managed: false, generation: "classic", apiPort });
  expect(await link.classic.describe([], signal)).toMatchObject({ file: house.file, entries: [], refusals: [] });
  await rm(house.file);
  await expect(link.classic.describe([], signal)).rejects.toMatchObject({ code: "not_possible" });
  const modern = linkTo(await start({ homeFolder: join(root, "other") }));
  await expect(modern.classic.describe([], signal)).rejects.toThrow("--classic PATH");
});

describe("an agent without a controller", () => {
  test("advertises itself, enrols, and then answers under the name it was given", async () => {
    const seen: AgentFacts[] = [];
    let finish: (found: { certificatePem: string; name: string }) => void = () => {};
    const found = new Promise<{ certificatePem: string; name: string }>((resolve) => {
      finish = resolve;
    });
    const agent = await start({
      controller: { enrol: () => found },
      advertise: async (facts) => {
        seen.push(facts);
        return async () => {};
      },
    });
    expect(seen).toEqual([{ agentId: agent.agentId, port: agent.port, pin: identity.pin }]);
    await expect(linkTo(agent).describe(signal)).rejects.toMatchObject({ code: "agent_unreachable" });
    finish({ certificatePem: controller.certificatePem, name: "studio-7" });
    expect(await agent.enrolment).toEqual({ kind: "enrolled", standing: "member" });
    expect(await linkTo(agent).describe(signal)).toMatchObject({
      name: "studio-7",
      exo: { state: "stopped", managed: false },
    });
  });

  test("says when its enrolment failed, and closes while it waits", async () => {
    const failed = await start({ controller: { enrol: () => Promise.reject(new Error("token used")) } });
    expect(await failed.enrolment).toMatchObject({ kind: "failed" });
    const waiting = await start({
      controller: {
        enrol: (_facts, ending) =>
          new Promise((_resolve, reject) => ending.addEventListener("abort", () => reject(ending.reason))),
      },
    });
    await waiting.close();
    expect(await waiting.enrolment).toEqual({ kind: "closed" });
  });
});

describe("the agent's folder", () => {
  test("is readable by its account alone and keeps the identifier", async () => {
    const first = await start();
    await first.close();
    expect((await stat(join(root, "home"))).mode & 0o777).toBe(0o700);
    expect((await start()).agentId).toBe(first.agentId);
  });

  test("with a damaged identifier stops the agent with a clear sentence", async () => {
    await (await start()).close();
    await writeFile(join(root, "home", "agent-id"), "../../x\n");
    await expect(start()).rejects.toMatchObject({ name: "Problem", code: "agent_id_damaged" });
  });
});

test("a port that is taken is a problem with a hint", async () => {
  const first = await start();
  const again = start({ homeFolder: join(root, "other-home"), listen: { host: "127.0.0.1", port: first.port } });
  await expect(again).rejects.toMatchObject({
    name: "Problem",
    code: "agent_listen",
    hint: expect.stringContaining("port"),
  });
});

test("an advertisement that fails leaves nothing open", async () => {
  const port = await freePort();
  const trouble = { listen: { host: "127.0.0.1", port }, advertise: () => Promise.reject(new Error("no interface")) };
  await expect(start(trouble)).rejects.toThrow("no interface");
  expect((await start({ listen: { host: "127.0.0.1", port } })).port).toBe(port);
});
