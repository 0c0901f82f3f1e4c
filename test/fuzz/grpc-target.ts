import { crc32 } from "node:zlib";
import { ZodError } from "zod";
import {
  loadClassicExo,
  loadClassicRegistry,
  loadModelConvert,
  loadModelInspect,
  loadModelRemoval,
  loadModelSync,
  loadNodeAgent,
} from "../../src/adapters/grpc/agent-definitions.js";
import { readClassicExoReport, readSettings } from "../../src/adapters/grpc/classic-exo-messages.js";
import { readAddReport, readDescription, readRemoveReport } from "../../src/adapters/grpc/classic-messages.js";
import { readAddWish, readIds, readRemoveWish } from "../../src/adapters/grpc/classic-requests.js";
import { readCheck, readOrder, readUpdate } from "../../src/adapters/grpc/convert-messages.js";
import { readInspected } from "../../src/adapters/grpc/inspect-messages.js";
import { readManifestMessage } from "../../src/adapters/grpc/manifest-messages.js";
import {
  readFetchProgress,
  readManifestProgress,
  readModelOnDisk,
  readSentBytes,
} from "../../src/adapters/grpc/model-sync-messages.js";
import { readOutcome } from "../../src/adapters/grpc/registry-messages.js";
import { readFilesOutcome, readFoundFolders } from "../../src/adapters/grpc/removal-messages.js";
import { readNodeReport } from "../../src/adapters/grpc/report-messages.js";
import { RefusalError } from "../../src/agent/refusal.js";
import type { FuzzTarget } from "./target.js";

interface Method {
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
  readonly requestSerialize: (value: object) => Buffer;
  readonly responseSerialize: (value: object) => Buffer;
}

const methods: readonly Method[] = [
  ...[loadNodeAgent(), loadModelSync(), loadModelConvert(), loadModelInspect()],
  ...[loadModelRemoval(), loadClassicRegistry(), loadClassicExo()],
].flatMap(({ service }) => Object.values(service) as unknown as Method[]);
const readers: readonly ((message: never) => unknown)[] = [
  ...[readNodeReport, readOutcome, readModelOnDisk, readManifestProgress, readSentBytes, readFetchProgress],
  ...[readOrder, readCheck, readUpdate, readInspected, readFoundFolders, readFilesOutcome],
  ...[readDescription, readAddReport, readRemoveReport, readAddWish, readRemoveWish, readIds],
  ...[readClassicExoReport, readSettings, readManifestMessage],
];

/** A RangeError says that an answer is neither of two things; the channel makes a broken answer of it. */
const refusals = [ZodError, RefusalError, RangeError];

const decoders = methods.flatMap(({ requestDeserialize, responseDeserialize }) => [
  requestDeserialize,
  responseDeserialize,
]);

/**
 * The bytes as the message of one method; over many cases it is each of them equally often. What protobuf itself can't decode, gRPC
 * refuses before any of our code sees it.
 */
function decoded(bytes: Buffer): readonly unknown[] {
  const decode = decoders[crc32(bytes) % decoders.length];
  try {
    return decode === undefined ? [] : [decode(bytes)];
  } catch {
    return [];
  }
}

const sampleReport = {
  agentId: "5f2c9ae1-d07b-4c66-88b1-f0e2a3d4c5b6",
  ...{ name: "studio-1", protocolVersion: 1, agentVersion: "1.0.0", hardware: { chip: "Apple M3 Ultra" } },
};

/** Bytes as one of our messages, and that read as whatever the other side may have meant. */
export const grpcTarget: FuzzTarget = {
  name: "gRPC messages",
  samples: methods.flatMap(({ requestSerialize, responseSerialize }) => [
    responseSerialize(sampleReport),
    requestSerialize({ modelId: "local/a", entry: { modelId: "local/a", layers: 36 } }),
  ]),
  run: (bytes) => {
    let read = 0;
    for (const message of decoded(bytes))
      for (const reader of readers)
        try {
          reader(message as never);
          read += 1;
        } catch (error) {
          if (!refusals.some((kind) => error instanceof kind)) throw error;
        }
    return read;
  },
  refuses: [],
};
