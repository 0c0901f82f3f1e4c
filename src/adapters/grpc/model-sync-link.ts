import type { ModelSyncLink } from "../../inventory/model-sync-link.js";
import type { AgentChannel } from "./agent-channel.js";
import { loadModelSync } from "./agent-definitions.js";
import { manifestMessage } from "./manifest-messages.js";
import {
  peerMessage,
  readFetchProgress,
  readManifestProgress,
  readModelOnDisk,
  readSentBytes,
} from "./model-sync-messages.js";

const lookMs = 15_000;

/** The calls of proto/model_sync.proto over an open channel. */
export function openModelSyncLink(channel: AgentChannel): ModelSyncLink {
  const client = channel.clientOf(loadModelSync());
  return {
    look: (modelId, signal) =>
      channel.call(client.lookAtModel.bind(client), { modelId }, readModelOnDisk, { signal, deadlineMs: lookMs }),
    makeManifest: (modelId, signal) =>
      channel.stream(client.makeManifest.bind(client), { modelId }, readManifestProgress, signal),
    share: ({ manifest, readers, bytesPerSec }, signal) =>
      channel.stream(
        client.shareModel.bind(client),
        { manifest: manifestMessage(manifest), readers: [...readers], limitBytesPerSec: bytesPerSec ?? 0 },
        readSentBytes,
        signal,
      ),
    fetch: ({ manifest, peers, bytesPerSec }, signal) =>
      channel.stream(
        client.fetchModel.bind(client),
        {
          manifest: manifestMessage(manifest),
          peers: peers.map(peerMessage),
          limitBytesPerSec: bytesPerSec ?? 0,
        },
        readFetchProgress,
        signal,
      ),
  };
}
