import { z } from "zod";
import { RefusalError } from "../../agent/refusal.js";
import type { ModelSync } from "../../agent/sync/model-sync.js";
import { readModelId } from "../../register/entry-schema.js";
import type { ModelSyncHandlers } from "./generated/exoctl/agent/v1/ModelSync.js";
import { readManifestMessage } from "./manifest-messages.js";
import { fetchProgressMessage, manifestProgressMessage, mostPeers, peersSchema, pin } from "./model-sync-messages.js";
import { answerMany, answerOnce, type CallFrame } from "./serve-calls.js";

/** Slower limits would look like a source that is stuck. */
const slowestBytesPerSec = 64 * 1024;

function readId(request: { readonly modelId: unknown }) {
  const id = readModelId(request.modelId);
  if (id === undefined) throw new RefusalError("invalid", "modelId: expected a model id such as owner/name");
  return id;
}

function readManifest(request: { readonly manifest: unknown }) {
  const checked = readManifestMessage(request.manifest);
  if (checked.kind === "manifest") return checked.manifest;
  throw new RefusalError("invalid", checked.problems.join("; "));
}

/** Problems name the place and never repeat the value. */
function read<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${[field, ...path].join(".")}: ${message}`);
  throw new RefusalError("invalid", problems.slice(0, 10).join("; "));
}

const limitSchema = z.union([
  z.literal(0).transform(() => undefined),
  z.number().int().min(slowestBytesPerSec, `expected 0 or at least ${slowestBytesPerSec}`),
]);
const readersSchema = z.array(pin).max(mostPeers);

const limitOf = (request: { readonly limitBytesPerSec: unknown }): number | undefined =>
  read(limitSchema, request.limitBytesPerSec, "limitBytesPerSec");

/** The calls of proto/model_sync.proto as gRPC handlers: every field is checked before it means anything. */
export function createModelSyncService(sync: ModelSync, frame: CallFrame): ModelSyncHandlers {
  const answer = answerOnce(frame);
  const stream = answerMany(frame);
  return {
    LookAtModel: answer(async (request) => await sync.look(readId(request))),
    MakeManifest: stream((request, caller, send, signal) =>
      sync.makeManifest(caller, readId(request), (progress) => send(manifestProgressMessage(progress)), signal),
    ),
    ShareModel: stream((request, caller, send, signal) =>
      sync.share(
        caller,
        {
          manifest: readManifest(request),
          readers: read(readersSchema, request.readers, "readers"),
          bytesPerSec: limitOf(request),
        },
        (sentBytes) => send({ sentBytes }),
        signal,
      ),
    ),
    FetchModel: stream((request, caller, send, signal) =>
      sync.fetch(
        caller,
        {
          manifest: readManifest(request),
          peers: read(peersSchema, request.peers, "peers"),
          bytesPerSec: limitOf(request),
        },
        (progress) => send(fetchProgressMessage(progress)),
        signal,
      ),
    ),
  };
}
