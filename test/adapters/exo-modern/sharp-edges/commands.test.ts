import { afterEach, describe, expect, test } from "vitest";
import type { ExoHttp, ExoRequest } from "../../../../src/adapters/exo-modern/exo-http.js";
import { createModernExoControl } from "../../../../src/adapters/exo-modern/modern-exo-control.js";
import { createModernExoState } from "../../../../src/adapters/exo-modern/modern-exo-state.js";
import { openModernExo } from "../../../../src/adapters/exo-modern/open-modern-exo.js";
import { converge } from "../../../../src/apply/converge.js";
import type { InstanceSpec } from "../../../../src/apply/exo-control.js";
import type { ApplyTarget } from "../../../../src/apply/target.js";
import { exoNodeId, nodeName } from "../../../../src/cluster/names.js";
import { ExoAnswerError } from "../../../../src/inventory/exo-state.js";
import { type FakeCluster, fakeCluster } from "../../../support/apply-fake-cluster.js";
import { json, plain, startFakeExo } from "../../../support/exo-fake-server.js";
import { gptOssEntry, openApiOf, variant71, variantHead } from "../../../support/exo-fixtures.js";

const signal = new AbortController().signal;
const names = ["studio-1", "studio-2", "studio-3"];
const stage = (node: string, start: number, end: number) => ({ node: nodeName(node), layers: { start, end } });
const target: ApplyTarget = {
  clusterId: "lab",
  generation: 4,
  servedName: "gpt-oss-120b",
  entry: gptOssEntry,
  entryMode: "own",
  weights: "published",
  copies: [
    {
      sharding: "pipeline",
      stages: [stage("studio-1", 0, 14), stage("studio-2", 14, 26), stage("studio-3", 26, 36)],
    },
  ],
};
let uuids = 0;
const newUuid = (): string => `${(uuids++).toString(16).padStart(6, "0")}00-1111-4222-8333-444444444444`;
const apply = (cluster: FakeCluster) => {
  const deps = {
    access: cluster,
    copier: cluster.copier,
    clock: cluster.clock,
    newUuid,
    report: () => {},
    timings: { pollMs: 4_000 },
  };
  return converge(target, deps, signal);
};
const created = (cluster: FakeCluster): string[] => cluster.log.filter((line) => line.startsWith("create "));

const spec: InstanceSpec = {
  instanceId: "exoctl-lab-gpt-oss-120b-g1-abc123",
  model: gptOssEntry,
  shards: [{ nodeId: exoNodeId("n"), runnerId: "r", layers: { start: 0, end: 36 } }],
  sharding: "pipeline",
  transport: { kind: "ring", port: 50_000, addresses: [] },
};

/** An exo that takes everything, and the requests that it was sent. */
function recordingControl(answer: (request: ExoRequest) => unknown = () => ({ data: [] })) {
  const seen: ExoRequest[] = [];
  const address = { host: "exo.test", port: 52_415 };
  const http: ExoHttp = {
    address,
    json: async (request) => {
      seen.push(request);
      return answer(request);
    },
    stream: async function* (request) {
      seen.push(request);
      yield 'data: {"choices":[{"delta":{"content":"Paris"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n\n';
    },
    close: async () => {},
  };
  const state = createModernExoState(http, 1_000_000);
  return { seen, control: createModernExoControl(http, state, { tokenSilenceMs: 1_000, maxTokens: 8 }) };
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

describe("sharp edge 1: 200 is not done", () => {
  test("a command that exo accepted and forgot is sent again, under the same id", async () => {
    const cluster = fakeCluster(names, gptOssEntry, { lostCommands: 2 });
    await apply(cluster);
    expect(created(cluster)).toHaveLength(3);
    expect(new Set(created(cluster)).size).toBe(1);
    expect(cluster.instances).toHaveLength(1);
  });
});

describe("sharp edge 2: posting an existing id does nothing", () => {
  test("another cut gets another id, and is posted only when the old instance is gone", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    const old = { modelId: gptOssEntry.modelId, nodes: names, phase: "ready" as const, age: 0 };
    cluster.instances = [{ ...old, id: "exoctl-lab-gpt-oss-120b-g3-aaaaaa", ends: [12, 24, 36] }];
    await apply(cluster);
    const at = (line: string): number => cluster.log.findIndex((entry) => entry.startsWith(line));
    expect(at("delete exoctl-lab-gpt-oss-120b-g3-aaaaaa")).toBeGreaterThanOrEqual(0);
    expect(at("create ")).toBeGreaterThan(at("delete "));
    expect(created(cluster)[0]).not.toContain("g3-aaaaaa");
    expect(cluster.instances.map(({ ends }) => ends)).toEqual([[14, 26, 36]]);
  });
});

describe("sharp edge 4: strict bodies differ by version", () => {
  test("each exo gets the card fields that its own description lists, and no others", async () => {
    for (const variant of [variant71, variantHead]) {
      const server = await startFakeExo({
        "GET /openapi.json": json(openApiOf(variant)),
        "POST /instance": json({ message: "Command received." }),
      });
      const exo = openModernExo(server.address);
      closers.push(server.close, exo.close);
      const found = await exo.variant(signal);
      if (found === undefined) throw new Error("not recognised");
      await exo.createInstance(spec, found, signal);
      const posted = JSON.stringify(server.seen.at(-1)?.body);
      expect(posted.includes('"backends"'), variant.label).toBe(variant === variantHead);
      expect(posted.includes('"reasoningDialect"'), variant.label).toBe(variant === variantHead);
    }
  });
});

describe("sharp edge 16: DELETE /download erases the model", () => {
  test("no call of exoctl ever does that", async () => {
    const { seen, control } = recordingControl();
    await control.createInstance(spec, variant71, signal);
    await control.deleteInstance("x", signal);
    await control.rescan(gptOssEntry.modelId, signal);
    await control.forget(gptOssEntry.modelId, signal);
    await control.startDownload(exoNodeId("n"), gptOssEntry, variant71, signal);
    await control.prove(gptOssEntry.modelId, "hello?", signal);
    expect(seen.length).toBeGreaterThanOrEqual(Object.keys(control).length);
    expect(seen.filter(({ method, path }) => method === "DELETE" && path.startsWith("/download"))).toEqual([]);
  });
});

describe("sharp edge 18: an unknown model makes exo ask Hugging Face", () => {
  test("the list is looked at first, and a listed model costs no call that could reach the internet", async () => {
    const { seen, control } = recordingControl(() => ({ data: [{ id: gptOssEntry.modelId }] }));
    expect(await control.rescan(gptOssEntry.modelId, signal)).toBe("known");
    expect(seen.map(({ path }) => path)).toEqual(["/models"]);
  });

  test("after a card was written, the question for a placement makes exo look at its folders again", async () => {
    let written = false;
    const { seen, control } = recordingControl(({ path }) => {
      if (path.startsWith("/instance/placement")) written = true;
      return { data: written ? [{ id: gptOssEntry.modelId }] : [] };
    });
    expect(await control.rescan(gptOssEntry.modelId, signal)).toBe("known");
    expect(seen.map(({ path }) => path.split("?")[0])).toEqual(["/models", "/instance/placement", "/models"]);
  });
});

describe("sharp edge 21: elections hold commands back", () => {
  test("every command waits at least 15 s, while reading gives up sooner", async () => {
    const { seen, control } = recordingControl();
    await control.createInstance(spec, variant71, signal);
    await control.deleteInstance("x", signal);
    await control.startDownload(exoNodeId("n"), gptOssEntry, variant71, signal);
    expect(seen.map(({ deadlineMs }) => deadlineMs)).toEqual([15_000, 15_000, 15_000]);
    const reading = recordingControl();
    await reading.control.rescan(gptOssEntry.modelId, signal);
    expect(reading.seen[0]?.deadlineMs).toBeLessThan(15_000);
  });

  test("right after an election exo knows of no memory: that is said to pass", async () => {
    const none = { error: { message: "Insufficient memory. Required: 65.8GB, Available: 0.0GB", code: 400 } };
    const server = await startFakeExo({ "POST /instance": json(none, 400), "GET /models": plain("no", 503) });
    const exo = openModernExo(server.address);
    closers.push(server.close, exo.close);
    const error: unknown = await exo.createInstance(spec, variant71, signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExoAnswerError);
    expect(error).toMatchObject({ retryable: true });
  });
});

describe("sharp edge 22: copies of one model cannot be told apart by their model", () => {
  test("so every copy is made under a model id of its own", async () => {
    const cluster = fakeCluster(names, gptOssEntry);
    const single = (node: string) => ({ sharding: "pipeline" as const, stages: [stage(node, 0, 36)] });
    const two: ApplyTarget = { ...target, copies: [single("studio-1"), single("studio-2")] };
    const deps = {
      access: cluster,
      copier: cluster.copier,
      clock: cluster.clock,
      newUuid,
      report: () => {},
      timings: { pollMs: 4_000 },
    };
    await converge(two, deps, signal);
    expect(cluster.instances).toHaveLength(2);
    expect(new Set(cluster.instances.map(({ modelId }) => modelId)).size).toBe(2);
  });
});

describe("sharp edge 24: exo has no authentication", () => {
  test("exoctl sends exo no secret, because everybody on its network could read it", async () => {
    const headers: string[] = [];
    const server = await startFakeExo({
      "GET /node_id": (_, answer, raw) => {
        headers.push(...Object.keys(raw.headers));
        json("n")(_, answer, raw);
      },
    });
    const exo = openModernExo(server.address);
    closers.push(server.close, exo.close);
    await exo.nodeId(signal);
    expect(headers).not.toEqual(expect.arrayContaining(["authorization"]));
    expect(headers).not.toEqual(expect.arrayContaining(["cookie"]));
    expect(headers).toContain("host");
  });
});
