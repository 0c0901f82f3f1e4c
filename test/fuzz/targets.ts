import { readFileSync } from "node:fs";
import { decode, encode } from "dns-packet";
import { ZodError } from "zod";
import { createChatStreamReader } from "../../src/adapters/exo-modern/parse-chat-stream.js";
import { parseState } from "../../src/adapters/exo-modern/parse-state.js";
import { readResponse } from "../../src/adapters/mdns/read-response.js";
import { readStateBody } from "../../src/adapters/peer-files/file-requests.js";
import { parseMessage, requestSchema, WireError } from "../../src/adapters/tls/enrolment-wire.js";
import { readClusterSpec } from "../../src/config/read-cluster-spec.js";
import { parseJoinToken } from "../../src/controller/join-token.js";
import { readAgentTxt } from "../../src/discover/parse-txt.js";
import { parseChatRequest } from "../../src/gateway/parse-chat-request.js";
import { prefixBytes, readHeader, readHeaderLength } from "../../src/models/inspect/safetensors-header.js";
import { readManifest } from "../../src/models/sync/read-manifest.js";
import { editModelsPy } from "../../src/register/classic/edit-models-py.js";
import { readCardModelId } from "../../src/register/read-card.js";
import { Problem } from "../../src/runtime/problem.js";
import { readSimulationSpec } from "../../src/simulate/simulated-cluster-spec.js";
import { generatedEntry, modelsPyCase } from "../support/models-py-files.js";
import { grpcTarget } from "./grpc-target.js";

/** A parser of bytes from somebody who is not trusted. */
export interface FuzzTarget {
  readonly name: string;
  /** Good input, to be spoilt. */
  readonly samples: readonly Buffer[];
  /** Reads it. Throwing anything but what `refuses` names is a crash. */
  readonly run: (bytes: Buffer) => unknown;
  readonly refuses: readonly (abstract new (...args: never[]) => Error)[];
}

const file = (path: string): Buffer => readFileSync(new URL(`../../${path}`, import.meta.url));
const exo = (path: string): Buffer => file(`test/fixtures/exo/${path}`);
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

/** JSON that does not parse is nobody's business here: what reads it comes after `JSON.parse`. */
function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return bytes.toString("utf8");
  }
}

const header = json({
  __metadata__: { format: "pt" },
  "model.layers.0.mlp.weight": { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
  "model.norm.weight": { dtype: "BF16", shape: [8], data_offsets: [16, 32] },
});
const safetensors = Buffer.concat([Buffer.alloc(prefixBytes), header, Buffer.alloc(32)]);
safetensors.writeBigUInt64LE(BigInt(header.length));

const digest = "a".repeat(64);
const txt = ["txtvers=1", "pv=1", "id=5f2c9ae1-d07b-4c66-88b1-f0e2a3d4c5b6", `fp=${"A".repeat(43)}`];
const service = "_exoctl._tcp.local";
const instance = `studio-1.${service}`;
const packet = encode({
  type: "response",
  answers: [
    { name: service, type: "PTR", ttl: 120, data: instance },
    { name: instance, type: "SRV", ttl: 120, data: { port: 8417, target: "studio-1.local" } },
  ],
  additionals: [
    { name: instance, type: "TXT", ttl: 4_500, data: txt.map((text) => Buffer.from(text)) },
    { name: "studio-1.local", type: "A", ttl: 120, data: "10.0.0.11" },
  ],
});

/** As the packet library reads it; what it does not understand, it drops. */
function decoded(bytes: Buffer): ReturnType<typeof decode> | undefined {
  try {
    return decode(bytes);
  } catch {
    return undefined;
  }
}

/** The strings of a TXT record: each with its length before it (RFC 6763 6.1). */
function txtStrings(bytes: Buffer): readonly Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0))
    strings.push(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)));
  return strings;
}

export const targets: readonly FuzzTarget[] = [
  {
    name: "mDNS TXT",
    samples: [Buffer.concat(txt.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])))],
    run: (bytes) => readAgentTxt(txtStrings(bytes)),
    refuses: [],
  },
  {
    name: "mDNS packet",
    samples: [packet],
    run: (bytes) => {
      const read = decoded(bytes);
      return read && readResponse({ answers: read.answers ?? [], additionals: read.additionals ?? [] }, service);
    },
    refuses: [],
  },
  grpcTarget,
  {
    name: "gateway's HTTP body",
    samples: [
      json({ model: "gpt-oss-120b", stream: true, messages: [{ role: "user", content: "Hi" }], max_tokens: 5 }),
      json({
        model: "m",
        messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
        tools: [{ type: "function", function: { name: "f", parameters: { type: "object" } } }],
      }),
    ],
    run: (bytes) => parseChatRequest(bytes),
    refuses: [],
  },
  {
    name: "exo's /state",
    samples: [exo("1.0.68/state.json"), exo("1.0.71/state.json"), exo("after-1.0.71/state.json")],
    run: (bytes) => parseState(parsed(bytes)),
    refuses: [],
  },
  {
    name: "exo's chat stream",
    samples: [exo("1.0.68/chat-stream.txt")],
    run: (bytes) => {
      const reader = createChatStreamReader();
      for (let at = 0; at < bytes.length; at += 97) reader.feed(bytes.toString("utf8", at, at + 97));
      return reader.soFar();
    },
    refuses: [],
  },
  {
    name: "safetensors header",
    samples: [safetensors],
    run: (bytes) => {
      const length = readHeaderLength(bytes, bytes.length);
      return readHeader(
        bytes.subarray(prefixBytes, length.kind === "refused" ? undefined : prefixBytes + length.value),
        bytes.length,
      );
    },
    refuses: [],
  },
  {
    name: "cluster.yaml",
    samples: [
      file("cluster.yaml"),
      Buffer.from("apiVersion: exoctl/v1\nmodels:\n  - &a { name: gpt-oss-120b }\n  - *a\n"),
    ],
    run: (bytes) => readClusterSpec(bytes.toString("utf8"), "cluster.yaml"),
    refuses: [],
  },
  {
    name: "simulation file",
    samples: [Buffer.from("macs:\n  - { name: studio-1, chip: M2 Max, memoryGb: 64 }\ntimeScale: 1\n")],
    run: (bytes) => readSimulationSpec(bytes.toString("utf8"), "macs.yaml"),
    refuses: [Problem],
  },
  {
    name: "models.py",
    samples: Array.from({ length: 12 }, (_, seed) => Buffer.from(modelsPyCase(seed + 1).text)),
    run: (bytes) => editModelsPy(bytes.toString("utf8"), generatedEntry),
    refuses: [],
  },
  {
    name: "model card",
    samples: [
      Buffer.from('model_id = "local/a"\nn_layers = 36\ntasks = ["TextGeneration"]\n[storage_size]\nin_bytes = 1\n'),
    ],
    run: (bytes) => readCardModelId(bytes.toString("utf8")),
    refuses: [],
  },
  {
    name: "manifest and piece map",
    samples: [
      json({
        ...{ version: 1, modelId: "local/a", pieceBytes: 4_194_304 },
        files: [{ path: "config.json", bytes: 3, sha256: digest, pieces: [digest] }],
      }),
    ],
    run: (bytes) => [readManifest(bytes.toString("utf8")), readStateBody(bytes, 8 * Math.floor(bytes.length / 3))],
    refuses: [],
  },
  {
    name: "enrolment message",
    samples: [
      json({
        ...{ version: 1, token: "aaaaaaaaaa", agentId: "5f2c9ae1-d07b-4c66-88b1-f0e2a3d4c5b6", name: "studio-1" },
        ...{ servicePort: 8417, proof: "A".repeat(43) },
      }),
    ],
    run: (bytes) => parseMessage(bytes.toString("utf8"), requestSchema),
    refuses: [WireError],
  },
  {
    name: "join token",
    samples: [Buffer.from(`enr1.aaaaaaaaaa.${"A".repeat(43)}.${"A".repeat(43)}`)],
    run: (bytes) => parseJoinToken(bytes.toString("utf8")),
    refuses: [Problem, ZodError],
  },
];
