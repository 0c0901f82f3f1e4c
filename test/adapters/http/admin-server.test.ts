import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { createServer as createHttpServer, request } from "node:http";
import { createServer as createSocketServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openAdminClient } from "../../../src/adapters/http/admin-client.js";
import { openAdminServer } from "../../../src/adapters/http/admin-server.js";
import type { AdminApi, ApplyRequest } from "../../../src/controller/admin-api.js";
import type { ConvertSummary } from "../../../src/controller/convert-api.js";
import type { ProgressLine } from "../../../src/controller/progress-line.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { Problem } from "../../../src/runtime/problem.js";
import { aPlan, aStatus } from "../../cli/render/view-samples.js";
import { createTestLogger, silence } from "../../support/controller-house.js";
import { waitUntil } from "../../support/wait-until.js";

const { signal } = new AbortController();
const request_: ApplyRequest = { mode: "apply", by: "anna" };
const summary = { generation: 3, changed: true, steps: [{ action: "prove", node: null, outcome: "answered" }] };
const info = {
  version: "0.1.0",
  pid: 1,
  simulated: false,
  cluster: "studio",
  gateway: "http://127.0.0.1:8415",
  models: ["gpt-oss-120b"],
};
const join_ = { token: "enr1.a.b.c", address: "10.0.0.5:8418", pin: "p", expiresAt: 5 };

const comparison = { entry: "same", files: "same", groups: [], differences: [] } as const;
const classicReport = { outcome: "done", id: "oss-120b", nodes: [], comparison } as const;
const aConversion: ConvertSummary = {
  node: "studio-1",
  source: "openai/gpt-oss-120b",
  target: "local/gpt-oss-120b-4bit",
  quantization: "affine-4",
  plan: {
    steps: [{ into: "affine-4", args: ["-q"], expected: { bytes: 5, sureness: "exact" } }],
    needs: { diskBytes: 1, memoryBytes: 2 },
    mlxLmVersion: "0.32.2",
    freeDiskBytes: 3,
    availableMemoryBytes: 4,
  },
  result: null,
};

let folder = "";
let socketPath = "";
const open: Close[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-admin-"));
  socketPath = join(folder, "controller.sock");
});
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
  await rm(folder, { recursive: true, force: true });
});

async function serve(change: Partial<AdminApi> = {}) {
  const logger = createTestLogger();
  const api: AdminApi = {
    info: () => info,
    status: () => aStatus,
    discover: () => [{ name: "one", address: "10.0.0.1:8417", kind: "agent", usable: true, why: "ready" }],
    plan: ({ model }) => ({ ...aPlan, model: model ?? "the first" }),
    whatIf: ({ changes, model }) => ({
      kind: "what-if",
      before: aPlan,
      after: { ...aPlan, model: model ?? "the first" },
      gain: 0.5,
      notes: [{ code: "asked", message: changes }],
    }),
    listModels: ({ cards }) => ({ simulated: false, models: [], gaps: [cards] }),
    apply: async () => summary,
    createToken: async () => join_,
    addClassicEntry: async () => classicReport,
    removeClassicEntry: async () => classicReport,
    listClassicEntries: async () => ({ nodes: [], comparison }),
    addModel: async ({ model, mode }) => ({
      model,
      entry: "exoctl/model",
      weightsOf: "owner/model",
      storageBytes: 1,
      mode,
      isNew: true,
      nodes: [],
    }),
    removeModel: async ({ model, mode }) => ({ model, entry: "exoctl/model", weightsOf: null, mode, nodes: [] }),
    syncModel: async ({ model }) => ({ model, bytes: 1, files: 1, sources: ["one"], leftOut: [], nodes: [] }),
    convert: async () => aConversion,
    listNodes: () => [],
    approveNode: async ({ node }) => ({ node, outcome: "changed" }),
    cordonNode: async ({ node, mode }) => ({ node: `${mode} ${node}`, outcome: "changed" }),
    removeNode: async ({ node, even }) => ({ node: `${node} ${even ?? "idle"}`, outcome: "changed" }),
    listTokens: () => [],
    rotateKey: async () => ({ outcome: "started", pin: "p", pinWords: "w", behind: [] }),
    revokeToken: async ({ id }) => ({ node: id, outcome: "changed" }),
    cancelConversion: async ({ target }) => ({ node: target }),
    ...change,
  };
  const close = await openAdminServer({ socketPath, api, logger });
  open.push(close);
  return { client: openAdminClient(socketPath), close, logger };
}

/** One request as any program might send it. */
async function raw(method: string, path: string, body?: string, type = "application/json") {
  const headers = body === undefined ? {} : { "content-type": type };
  const sent = request({ socketPath, method, path, headers, agent: false });
  sent.end(body);
  const [answer] = await once(sent, "response");
  return { status: answer.statusCode as number, body: JSON.parse(await text(answer)) };
}

describe("the admin socket", () => {
  test("answers every call as the controller does", async () => {
    const { client } = await serve();
    expect(await client.info()).toEqual(info);
    expect(await client.status()).toEqual(aStatus);
    expect(await client.listModels({ cards: "all" })).toEqual({ simulated: false, models: [], gaps: ["all"] });
    expect((await raw("GET", "/api/v1/models")).body).toMatchObject({ gaps: ["local"] });
    expect(await raw("GET", "/api/v1/models?cards=none")).toMatchObject({
      status: 400,
      body: { problem: { kind: "usage" } },
    });
    expect(await client.discover()).toHaveLength(1);
    expect(await client.plan({})).toEqual({ ...aPlan, model: "the first" });
    expect(await client.plan({ model: "gpt-oss-20b" })).toMatchObject({ model: "gpt-oss-20b" });
    const changes = "remove=one";
    expect(await client.whatIf({ changes })).toMatchObject({
      before: aPlan,
      after: { model: "the first" },
      notes: [{ message: changes }],
    });
    expect(await client.whatIf({ changes, model: "b" })).toMatchObject({ gain: 0.5, after: { model: "b" } });
    expect(await client.createToken({ ttlMs: 60_000, forName: "studio-9" })).toEqual(join_);
    expect(await client.apply(request_, () => {}, signal)).toEqual(summary);
  });

  test("hands on what a client asks for, and nothing that it did not say", async () => {
    const seen: unknown[] = [];
    const { client } = await serve({
      apply: async (wanted) => {
        seen.push(wanted);
        return summary;
      },
      createToken: async (wanted) => {
        seen.push(wanted);
        return join_;
      },
    });
    await client.apply({ ...request_, clusterYaml: "a: 1", model: "m" }, () => {}, signal);
    await client.apply(request_, () => {}, signal);
    await client.createToken({ ttlMs: 60_000 });
    expect(seen).toEqual([{ ...request_, clusterYaml: "a: 1", model: "m" }, request_, { ttlMs: 60_000 }]);
  });

  test("may be opened by its owner alone, and is gone after the end", async () => {
    const { close } = await serve();
    expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
    await close();
    expect(await readdir(folder)).toEqual([]);
  });

  test("refuses a second controller and leaves the first one alone", async () => {
    const { client } = await serve();
    await expect(serve()).rejects.toMatchObject({
      name: "Problem",
      code: "controller_running",
      message: expect.stringContaining(socketPath),
    });
    expect(await client.info()).toEqual(info);
  });

  test("replaces a socket that a killed controller left behind", async () => {
    const listen = `require("net").createServer().listen(${JSON.stringify(socketPath)}, () => console.log("up"))`;
    const killed = spawn(process.execPath, ["-e", listen], { stdio: ["ignore", "pipe", "inherit"] });
    await once(killed.stdout, "data");
    killed.kill("SIGKILL");
    await once(killed, "exit");
    expect(await readdir(folder)).toEqual(["controller.sock"]);
    const { client } = await serve();
    expect(await client.info()).toEqual(info);
  });

  test("a path that is too long for a socket is named", async () => {
    socketPath = join(folder, "x".repeat(100));
    await expect(serve()).rejects.toMatchObject({ code: "socket_path_too_long" });
  });
});

describe("problems", () => {
  test("cross the socket with kind, code, sentence and hint", async () => {
    const problem = new Problem("infeasible", "infeasible", "it does not fit", "Add a node.");
    const fail = () => {
      throw problem;
    };
    const { client } = await serve({ status: fail, plan: fail, apply: async () => fail(), createToken: fail });
    const same = { name: "Problem", kind: "infeasible", code: "infeasible", message: "it does not fit" };
    for (const call of [
      () => client.status(),
      () => client.plan({}),
      () => client.createToken({ ttlMs: 60_000 }),
      () => client.apply(request_, () => {}, signal),
    ])
      await expect(call()).rejects.toMatchObject({ ...same, hint: "Add a node." });
  });

  test("an error of ours is logged, and told without its insides", async () => {
    const fail = () => {
      throw new TypeError("secret insides");
    };
    const { client, logger } = await serve({ status: fail });
    const error: unknown = await client.status().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "Problem", code: "internal" });
    expect(String(error)).not.toContain("secret");
    expect(logger.lines).toEqual(["error admin request failed"]);
  });

  test.each<[string, string, string | undefined, string?]>([
    ["POST", "/api/v1/apply", "{"],
    ["POST", "/api/v1/apply", '{"mode":"now","by":"anna"}'],
    ["POST", "/api/v1/apply", '{"mode":"apply","by":"anna","argv":["rm"]}'],
    ["POST", "/api/v1/plan", "[]"],
    ["POST", "/api/v1/plan", undefined],
    ["POST", "/api/v1/what-if", "{}"],
    ["POST", "/api/v1/tokens", '{"ttlMs":1}'],
    ["POST", "/api/v1/plan", "model=x", "application/x-www-form-urlencoded"],
  ])("%s %s with %j is refused in words", async (method, path, body, type) => {
    await serve();
    const answer = await raw(method, path, body, type);
    expect(answer.status).toBe(400);
    expect(answer.body.problem).toMatchObject({ kind: "usage", code: "bad_request" });
    expect(answer.body.problem.message).not.toMatch(/\n\s+at |internal/);
  });

  test("a call that this controller does not know is answered as a problem", async () => {
    await serve();
    expect(await raw("GET", "/api/v1/unheard-of")).toMatchObject({
      status: 404,
      body: { problem: { code: "unknown_call" } },
    });
  });
});

describe("apply", () => {
  test("streams its progress while it works", async () => {
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => {
      go = resolve;
    });
    const { client } = await serve({
      apply: async (_wanted, report) => {
        report({ kind: "begin", text: "créer\nl'instance" });
        await gate;
        report({ kind: "end", text: "créer\nl'instance", outcome: "✓" });
        return summary;
      },
    });
    const told: ProgressLine[] = [];
    const done = client.apply(request_, (line) => told.push(line), signal);
    await waitUntil(() => told.length === 1, "the first line, long before the end");
    go();
    expect(await done).toEqual(summary);
    expect(told).toEqual([
      { kind: "begin", text: "créer\nl'instance" },
      { kind: "end", text: "créer\nl'instance", outcome: "✓" },
    ]);
  });

  test("a client that goes away is noticed, and hurts nobody", async () => {
    const seen: string[] = [];
    let finish = (): void => {};
    const { client, logger } = await serve({
      apply: async (_wanted, report, gone) => {
        report({ kind: "info", text: "begun" });
        gone.addEventListener("abort", () => seen.push("gone"), { once: true });
        await new Promise<void>((resolve) => {
          finish = resolve;
        });
        report({ kind: "info", text: "nobody listens" });
        seen.push("finished");
        return summary;
      },
    });
    const stop = new AbortController();
    const told: ProgressLine[] = [];
    const left = client.apply(request_, (line) => told.push(line), stop.signal);
    await waitUntil(() => told.length === 1, "the first line");
    stop.abort(new Error("Ctrl-C"));
    await expect(left).rejects.toThrow("Ctrl-C");
    await waitUntil(() => seen.includes("gone"), "the server to notice");
    finish();
    await waitUntil(() => seen.includes("finished"), "the work to go on to its end");
    expect(await client.info()).toEqual(info);
    expect(logger.lines).toEqual([]);
  });

  test("a fault of whoever shows the progress is not blamed on the controller", async () => {
    const { client } = await serve({
      apply: async (_wanted, report) => {
        report({ kind: "info", text: "x" });
        return summary;
      },
    });
    const fault = (): never => {
      throw new RangeError("bad terminal");
    };
    await expect(client.apply(request_, fault, signal)).rejects.toThrow("bad terminal");
  });

  test("a controller that ends in the middle is told as that", async () => {
    const { client, close } = await serve({
      apply: (_wanted, report, gone) => {
        report({ kind: "info", text: "begun" });
        return silence(gone);
      },
    });
    const told: ProgressLine[] = [];
    const done = client.apply(request_, (line) => told.push(line), signal);
    const outcome = expect(done).rejects.toMatchObject({ kind: "unreachable", code: "controller_gone" });
    await waitUntil(() => told.length === 1, "the first line");
    await close();
    await outcome;
  });
});

describe("a client", () => {
  test("without a controller says how to start one", async () => {
    const client = openAdminClient(socketPath);
    const wanted = { kind: "unreachable", code: "no_controller", hint: expect.stringContaining("exoctl up") };
    await expect(client.info()).rejects.toMatchObject(wanted);
    await expect(client.apply(request_, () => {}, signal)).rejects.toMatchObject(wanted);
    await writeFile(socketPath, "not a socket");
    await expect(client.status()).rejects.toMatchObject(wanted);
  });

  test("whose controller hangs up is told that there is none", async () => {
    const server = createSocketServer((socket) => socket.destroy()).listen(socketPath);
    await once(server, "listening");
    open.push(async () => void server.close());
    await expect(openAdminClient(socketPath).info()).rejects.toMatchObject({ code: "no_controller" });
  });

  test.each([
    [200, "{", "controller_gone"],
    [404, '{"message":"Route not found","statusCode":404}', "not_understood"],
    [500, "[1]", "not_understood"],
  ])("is not thrown off by an answer %i %j", async (status, body, code) => {
    const server = createHttpServer((_request, response) => response.writeHead(status).end(body)).listen(socketPath);
    await once(server, "listening");
    open.push(async () => void server.close());
    const client = openAdminClient(socketPath);
    await expect(client.info()).rejects.toMatchObject({ name: "Problem", code });
    await expect(client.apply(request_, () => {}, signal)).rejects.toMatchObject({ name: "Problem" });
  });
});
