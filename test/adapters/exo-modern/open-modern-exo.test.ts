import { once } from "node:events";
import { afterEach, describe, expect, test } from "vitest";
import {
  type ModernExo,
  type ModernExoOptions,
  openModernExo,
} from "../../../src/adapters/exo-modern/open-modern-exo.js";
import { exoNodeId } from "../../../src/cluster/names.js";
import { ExoAnswerError, ExoUnreachableError } from "../../../src/inventory/exo-state.js";
import { type FakeExo, json, plain, type Route, startFakeExo } from "../../support/exo-fake-server.js";
import { exoFixture, gptOssEntry, openApiOf, variant71, variantHead } from "../../support/exo-fixtures.js";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function exoWith(
  routes: Readonly<Record<string, Route>>,
  options: ModernExoOptions = {},
): Promise<{ exo: ModernExo; server: FakeExo }> {
  const server = await startFakeExo(routes);
  const exo = openModernExo(server.address, options);
  closers.push(server.close, exo.close);
  return { exo, server };
}

const signal = new AbortController().signal;
const models = (...ids: string[]): Route =>
  json({ object: "list", data: ids.map((id) => ({ id, storage_size_megabytes: 100 })) });

describe("reading", () => {
  test("node id, variant, state and models", async () => {
    const { exo } = await exoWith({
      "GET /node_id": json("abc"),
      "GET /openapi.json": json(openApiOf(variantHead)),
      "GET /state": json(exoFixture("after-1.0.71/state.json")),
      "GET /models": models("a/b"),
    });
    expect(await exo.nodeId(signal)).toBe("abc");
    expect(await exo.variant(signal)).toEqual(variantHead);
    expect((await exo.observe(signal)).instances).toHaveLength(1);
    expect(await exo.models(signal)).toEqual([{ id: "a/b", storageBytes: 100 * 1024 * 1024 }]);
  });

  test("models with all that a newer exo lists of them, and without what is odd", async () => {
    const { exo } = await exoWith({
      "GET /models": json({
        data: [
          { id: "a/b", storage_size_megabytes: 1, context_length: 4096, supports_tensor: true, is_custom: false },
          { id: "c/d", context_length: 0, supports_tensor: "yes", is_custom: true },
        ],
      }),
    });
    expect(await exo.models(signal)).toEqual([
      { id: "a/b", storageBytes: 1024 * 1024, contextTokens: 4096, supportsTensor: true, origin: "built-in" },
      { id: "c/d", origin: "custom" },
    ]);
  });

  test("an exo of 1.0.67 has cards without families, and no variant to drive it by", async () => {
    const old = {
      ...variant71,
      cardFields: ["hidden_size", "model_id", "n_layers", "storage_size", "supports_tensor", "tasks"],
    };
    const { exo } = await exoWith({ "GET /openapi.json": json(openApiOf(old)) });
    expect(await exo.variant(signal)).toBeUndefined();
  });

  test.each<[string, unknown]>([
    ["no object", []],
    ["no instances", { topology: {} }],
    ["instances of the wrong kind", { instances: [], topology: {} }],
    ["no topology", { instances: {} }],
  ])("a state with %s is an error, not an empty cluster", async (_, state) => {
    const { exo } = await exoWith({ "GET /state": json(state) });
    await expect(exo.observe(signal)).rejects.toMatchObject({ name: "ExoAnswerError", retryable: false });
  });

  test("an answer that is not JSON is an error with its beginning", async () => {
    const { exo } = await exoWith({ "GET /node_id": plain("<html>proxy</html>", 200) });
    await expect(exo.nodeId(signal)).rejects.toThrow(/not JSON: <html>proxy/);
  });
});

describe("all four shapes of an error", () => {
  test.each<[string, Route, number, string, boolean]>([
    [
      "exo's own",
      json(
        {
          error: { message: "Insufficient memory to create instance. Required: 65.8GB, Available: 10.0GB", code: 400 },
        },
        400,
      ),
      400,
      "Insufficient memory to create instance. Required: 65.8GB, Available: 10.0GB",
      false,
    ],
    [
      "the same right after a change of master",
      json({ error: { message: "Insufficient memory. Available: 0.0GB" } }, 400),
      400,
      "Insufficient memory. Available: 0.0GB",
      true,
    ],
    ["FastAPI's", json({ detail: "Not Found" }, 404), 404, "Not Found", false],
    [
      "a validation report",
      json(
        {
          detail: [
            {
              type: "extra_forbidden",
              loc: ["body", "instance", "x"],
              msg: "Extra inputs are not permitted",
              input: 1,
            },
          ],
        },
        422,
      ),
      422,
      "body.instance.x: Extra inputs are not permitted",
      false,
    ],
    ["an uncaught exception", plain("Internal Server Error", 500), 500, "Internal Server Error", true],
  ])("%s", async (_, route, status, detail, retryable) => {
    const { exo } = await exoWith({ "GET /models": route });
    const error = await exo.models(signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExoAnswerError);
    expect(error).toMatchObject({ status, detail, retryable });
  });
});

describe("reaching", () => {
  test("nobody there", async () => {
    const server = await startFakeExo({});
    await server.close();
    const exo = openModernExo(server.address);
    closers.push(exo.close);
    const error = await exo.nodeId(signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ExoUnreachableError);
    expect(error).toMatchObject({ retryable: true, address: server.address });
  });

  test("the caller's own abort comes back as such, and frees the connection", async () => {
    const abort = new AbortController();
    let freed: Promise<unknown> = Promise.resolve();
    const { exo } = await exoWith({
      "GET /state": (_, __, raw) => {
        freed = once(raw.socket, "close");
        abort.abort(new Error("enough"));
      },
    });
    await expect(exo.observe(abort.signal)).rejects.toThrow("enough");
    await freed;
  });
});

describe("acting", () => {
  const instance = {
    instanceId: "exoctl-lab-gpt-oss-120b-g1-abc123",
    model: gptOssEntry,
    shards: [{ nodeId: exoNodeId("n"), runnerId: "r", layers: { start: 0, end: 36 } }],
    sharding: "pipeline",
    transport: { kind: "ring", port: 50000, addresses: [] },
  } as const;

  test("creates with the body of this variant", async () => {
    const { exo, server } = await exoWith({
      "POST /instance": json({ message: "Command received.", command_id: "c", model_card: {} }),
    });
    await exo.createInstance(instance, variant71, signal);
    expect(server.seen[0]?.body).toMatchObject({
      instance: {
        MlxRingInstance: { instanceId: instance.instanceId, shardAssignments: { modelId: gptOssEntry.modelId } },
      },
    });
  });

  test("sends nothing that it knows to be wrong", async () => {
    const { exo, server } = await exoWith({});
    const wrong = { ...instance, transport: { ...instance.transport, port: 52415 } };
    await expect(exo.createInstance(wrong, variant71, signal)).rejects.toThrow(RangeError);
    expect(server.seen).toHaveLength(0);
  });

  test("deleting what is gone succeeds, and another error does not", async () => {
    const { exo } = await exoWith({
      "DELETE /instance/gone": json({ error: { message: "Instance not found", code: 404 } }, 404),
      "DELETE /instance/stuck": plain("Internal Server Error", 500),
    });
    await exo.deleteInstance("gone", signal);
    await expect(exo.deleteInstance("stuck", signal)).rejects.toBeInstanceOf(ExoAnswerError);
  });

  test("a download names node and model", async () => {
    const { exo, server } = await exoWith({ "POST /download/start": json({ commandId: "c" }) });
    await exo.startDownload(exoNodeId("n"), gptOssEntry, variantHead, signal);
    expect(server.seen[0]?.body).toMatchObject({
      target_node_id: "n",
      shard_metadata: {
        PipelineShardMetadata: { modelCard: { modelId: gptOssEntry.modelId }, startLayer: 0, endLayer: 36 },
      },
    });
  });
});

describe("rescan", () => {
  const { modelId } = gptOssEntry;

  test("a listed model needs no call that could reach Hugging Face", async () => {
    const { exo, server } = await exoWith({ "GET /models": models(modelId) });
    expect(await exo.rescan(modelId, signal)).toBe("known");
    expect(server.seen.map((request) => request.path)).toEqual(["/models"]);
  });

  test.each<[string, Route]>([
    ["400: no placement", json({ error: { message: "No cycles found with sufficient memory" } }, 400)],
    ["500: Hugging Face", plain("Internal Server Error", 500)],
    ["200", json({ MlxRingInstance: {} })],
  ])("an unknown one is asked a placement of, and only the list decides: %s", async (_, placement) => {
    let listed: string[] = [];
    const { exo, server } = await exoWith({
      "GET /models": (...args) => models(...listed)(...args),
      "GET /instance/placement": (request, answer, raw) => {
        listed = [modelId];
        placement(request, answer, raw);
      },
    });
    expect(await exo.rescan(modelId, signal)).toBe("known");
    expect(server.seen[1]?.query.get("model_id")).toBe(modelId);
  });

  test("what is still not listed is unknown", async () => {
    const { exo } = await exoWith({ "GET /models": models(), "GET /instance/placement": json({}) });
    expect(await exo.rescan(modelId, signal)).toBe("unknown");
  });
});

describe("prove", () => {
  const chunk = (content: string, finish: string | null = null): string =>
    `data: ${JSON.stringify({ model: "m", choices: [{ index: 0, delta: { role: "assistant", content }, finish_reason: finish }] })}\n\n`;
  const stream =
    (...pieces: string[]): Route =>
    (_, answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      for (const piece of pieces) answer.write(piece);
      answer.end();
    };
  const proveWith = async (route: Route, options: ModernExoOptions = {}) => {
    const { exo, server } = await exoWith({ "POST /v1/chat/completions": route }, options);
    return { answer: await exo.prove("m", "hello?", signal), server };
  };

  test("reads a streamed answer to its end", async () => {
    const { answer, server } = await proveWith(
      stream(": keep-alive\n\n", chunk("Par"), chunk("is", "stop"), "data: [DONE]\n\n"),
    );
    expect(answer).toMatchObject({ text: "Paris", model: "m", finishReason: "stop" });
    expect(server.seen[0]?.body).toMatchObject({ stream: true, temperature: 0, max_tokens: 64, model: "m" });
  });

  test.each<[string, Route, string]>([
    ["an end without a finish reason", stream(chunk("Paris")), "finish reason"],
    ["an end mark without a finish reason", stream(chunk("Paris"), "data: [DONE]\n\n"), "finish reason"],
    ["a finish reason without an end mark", stream(chunk("Paris", "stop")), "end mark"],
    ["an error inside 200", stream(chunk("Pa"), 'data: {"error":{"message":"boom"}}\n\n', "data: [DONE]\n\n"), "boom"],
    ["no instance", json({ error: { message: "No instance found for model m" } }, 404), "No instance found"],
  ])("%s is a failure", async (_, route, message) => {
    await expect(proveWith(route)).rejects.toThrow(message);
  });

  test("a stream that only keeps alive is given up", async () => {
    const timers: NodeJS.Timeout[] = [];
    const alive: Route = (_, answer) => {
      answer.writeHead(200, { "content-type": "text/event-stream" });
      timers.push(setInterval(() => answer.write(": keep-alive\n\n"), 10));
    };
    const waiting = proveWith(alive, { tokenSilenceMs: 150 });
    await expect(waiting).rejects.toBeInstanceOf(ExoUnreachableError);
    for (const timer of timers) clearInterval(timer);
  });
});
