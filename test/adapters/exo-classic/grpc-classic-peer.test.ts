import { Server, ServerCredentials, type ServiceDefinition, status } from "@grpc/grpc-js";
import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { openGrpcClassicPeer } from "../../../src/adapters/exo-classic/grpc-classic-peer.js";
import { judgeClassicRing } from "../../../src/inventory/classic-agreement.js";
import { ExoAnswerError, ExoUnreachableError } from "../../../src/inventory/exo-state.js";
import { loadNodeService, topologyMessage } from "../../../src/simulate/classic/exo-node-service.js";
import { aTopology } from "../../support/classic-recordings.js";

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

const soon = (): AbortSignal => AbortSignal.timeout(10_000);
const { service } = loadNodeService();
type Done = (error: { code: status; details: string } | null, answer?: unknown) => void;
type Calls = Readonly<Record<string, (call: unknown, done: Done) => void>>;

/** A server of our own on the node's protocol; `definition` may write other bytes than it should. */
async function serve(calls: Calls, definition: ServiceDefinition = service, deadlineMs = 8_000) {
  const server = new Server();
  server.addService(definition, calls);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return open(port, () => server.forceShutdown(), deadlineMs);
}

function open(port: number, close: () => void = () => {}, deadlineMs = 8_000) {
  const peer = openGrpcClassicPeer({ address: { host: "127.0.0.1", port }, deadlineMs });
  closers.push(close, () => void peer.close());
  return peer;
}

test("a closed port is unreachable, and says so without waiting for the deadline", async () => {
  const peer = open(1);
  await expect(peer.health(soon())).rejects.toBeInstanceOf(ExoUnreachableError);
  await expect(peer.topology(soon())).rejects.toMatchObject({ code: "exo_unreachable", retryable: true });
});

test("a frozen node is unreachable after the deadline; a caller that gives up hears its own reason", async () => {
  const peer = await serve({ HealthCheck: () => {} }, service, 200);
  await expect(peer.health(soon())).rejects.toMatchObject({
    name: "ExoUnreachableError",
    cause: { name: "TimeoutError" },
  });
  const reason = new Error("no longer wanted");
  const given = new AbortController();
  const asked = peer.health(given.signal);
  given.abort(reason);
  await expect(asked).rejects.toBe(reason);
  const last = peer.health(soon());
  await peer.close();
  await expect(last).rejects.toBeInstanceOf(ExoUnreachableError);
  await expect(peer.health(soon())).rejects.toBeInstanceOf(ExoUnreachableError);
});

test("another service, a node that is not healthy, and an exception inside exo are answers, not absence", async () => {
  const stranger = await serve({}, { Other: { ...service.HealthCheck, path: "/other.Service/Other" } });
  await expect(stranger.topology(soon())).rejects.toMatchObject({
    name: "ExoAnswerError",
    status: status.UNIMPLEMENTED,
  });
  const ill = await serve({
    HealthCheck: (_, done) => done(null, { isHealthy: false }),
    CollectTopology: (_, done) => done({ code: status.UNKNOWN, details: "Unexpected <class 'KeyError'>: 'a'" }),
  });
  await expect(ill.health(soon())).rejects.toMatchObject({
    name: "ExoAnswerError",
    detail: "the node says it is not healthy",
  });
  await expect(ill.topology(soon())).rejects.toThrow("KeyError");
});

test("a node without a topology yet has none", async () => {
  const peer = await serve({ CollectTopology: (_, done) => done(null, {}) });
  expect(await peer.topology(soon())).toEqual({ nodes: new Map(), edges: [] });
});

test("an answer beyond all measure is refused", async () => {
  const huge = "x".repeat(2 * 1024 * 1024);
  const peer = await serve({
    CollectTopology: (_, done) => done(null, topologyMessage(aTopology(huge, { [huge]: 1 }))),
  });
  await expect(peer.topology(soon())).rejects.toMatchObject({
    name: "ExoAnswerError",
    status: status.RESOURCE_EXHAUSTED,
  });
});

test("spoilt bytes on the wire: an error or a topology, never a crash, never another ring that agrees", async () => {
  const truth = { a: 196_608, b: 131_072 };
  const good = service.CollectTopology.responseSerialize(topologyMessage(aTopology("a", truth)));
  let bytes = good;
  const raw = { CollectTopology: { ...service.CollectTopology, responseSerialize: () => bytes } };
  const peer = await serve({ CollectTopology: (_, done) => done(null, {}) }, raw);
  expect((await peer.topology(soon())).nodes.size).toBe(2);
  const spoilt = fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(spoilt, fc.nat(good.length), async (changes, cut) => {
      bytes = Buffer.from(good.subarray(0, cut % 3 === 0 ? cut : good.length));
      for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
      const topology = await peer.topology(soon()).catch((error: unknown) => {
        expect(error).toBeInstanceOf(ExoAnswerError);
        return undefined;
      });
      const view = { node: "a", ...(topology === undefined ? {} : { topology }) };
      const judged = judgeClassicRing([view, { node: "b", topology: aTopology("b", truth) }], 36);
      if (judged.kind === "agreed") expect(Object.fromEntries(judged.memoryMb)).toEqual(truth);
    }),
    { numRuns: 100 },
  );
});
