import { readdirSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { loadPackageDefinition, Server, ServerCredentials } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType } from "../../../src/adapters/grpc/generated/exo_node_service.js";
import { recordedText, recording } from "../../support/classic-recordings.js";
import { type ClassicTarget, type PlainRequest, type Setup, setups, type TargetNode } from "./classic-target.js";

interface Recorded {
  readonly request: PlainRequest;
  readonly response: {
    readonly status: number;
    readonly headers: Record<string, string>;
    readonly json?: unknown;
    readonly text?: string;
  };
}

const folder = new URL("../../fixtures/exo/0.0.15/", import.meta.url);
const keyOf = ({ method, path, body }: PlainRequest): string =>
  `${method} ${path} ${typeof body === "string" ? body : JSON.stringify(body)}`;

function recordedIn(name: string, fits: (file: string) => boolean): readonly Recorded[] {
  return readdirSync(new URL(`${name}/`, folder))
    .filter((file) => file.endsWith(".json") && fits(file))
    .map((file) => recording(`${name}/${file.replace(/\.json$/, "")}`))
    .filter((one) => one.request !== undefined && one.response !== undefined);
}

const numberOf = {
  stock: "1",
  "entry-added": "2",
  "entry-added-default-dummy": "3",
  "entry-added-default-gpt-oss": "4",
};

/** Recordings that are played back over real sockets, so that cases and adapters cannot tell. */
export function openReplayedTarget(): ClassicTarget {
  const closers: (() => Promise<void>)[] = [];
  const node = async (id: string, recorded: readonly Recorded[], topology?: unknown): Promise<TargetNode> => {
    const answers = new Map(recorded.map((one) => [keyOf(one.request), one]));
    const server = createServer((incoming, response) => void answerFrom(answers, incoming, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closers.push(async () => {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    });
    const { port } = server.address() as AddressInfo;
    const grpc = topology === undefined ? 0 : await openRecordedGrpc(topology as Record<string, never>, closers);
    return { id, api: { host: "127.0.0.1", port }, grpc: { host: "127.0.0.1", port: grpc } };
  };
  const ofSetup = (setup: Setup): readonly Recorded[] =>
    recordedIn("gpt-rewrite", (file) => file.startsWith(numberOf[setup]));
  const ofRing = (letter: string): Promise<TargetNode> => {
    const own = recording(`http/topology-studio-${letter}`);
    const rest = recordedIn("http", (file) => !/^(topology|cors|quit)/.test(file));
    return node(`studio-${letter}`, [...rest, ...ofSetup("stock"), own], own.response.json);
  };
  return {
    setups,
    ring: async () => [await ofRing("a"), await ofRing("b"), await ofRing("c")],
    single: (setup: Setup) =>
      node(
        "single",
        recordedIn("gpt-rewrite", (file) => file.startsWith(numberOf[setup])),
      ),
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

async function answerFrom(answers: ReadonlyMap<string, Recorded>, incoming: IncomingMessage, response: ServerResponse) {
  let text = "";
  for await (const part of incoming) text += String(part);
  const request = { method: incoming.method ?? "", path: incoming.url ?? "" };
  if (text.includes('"stream":true')) {
    response.writeHead(200, recording("http/chat-dummy-stream.headers").headers);
    response.end(recordedText("http/chat-dummy-stream.sse"));
    return;
  }
  const found = answers.get(keyOf({ ...request, ...(text === "" ? {} : { body: text }) }));
  if (found === undefined) {
    response.writeHead(599).end(`nobody recorded ${keyOf({ ...request, body: text })}`);
    return;
  }
  const { status, headers, json, text: recordedBody } = found.response;
  response.writeHead(status, { "content-type": headers["content-type"] ?? "" });
  response.end(json === undefined ? recordedBody : JSON.stringify(json));
}

const protoFile = new URL("../../../proto/exo_node_service.proto", import.meta.url).pathname;

/** The recorded topology again, as gRPC has it; both were taken from the same field of exo. */
async function openRecordedGrpc(topology: Record<string, never>, closers: (() => Promise<void>)[]): Promise<number> {
  const definition = loadSync(protoFile, { longs: Number, enums: String, defaults: true });
  const { NodeService } = (loadPackageDefinition(definition) as unknown as ProtoGrpcType).node_service;
  const { is_healthy } = recording("grpc/health-check").reply;
  const server = new Server();
  server.addService(NodeService.service, {
    HealthCheck: (_: unknown, done: (error: null, answer: unknown) => void) => done(null, { isHealthy: is_healthy }),
    CollectTopology: (_: unknown, done: (error: null, answer: unknown) => void) => done(null, graphOf(topology)),
  });
  closers.push(async () => server.forceShutdown());
  return await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}

function graphOf({ nodes, peer_graph }: Record<string, Record<string, never>>) {
  const lists = Object.entries<{ to_id: string; description: string }[]>(peer_graph ?? {});
  const peerGraph = lists.map(([from, edges]) => [
    from,
    { connections: edges.map(({ to_id, description }) => ({ toId: to_id, description })) },
  ]);
  return { nodes, peerGraph: Object.fromEntries(peerGraph) };
}
