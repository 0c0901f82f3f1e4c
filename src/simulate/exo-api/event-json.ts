import type { ExoEvent, GatheredInfo } from "../exo/exo-events.js";
import type { Chunk } from "../exo/exo-types.js";

/** Names of fields, as opposed to ids and class names that are keys as well. */
const fieldNames = new Set(
  `modelId storageSize inBytes nLayers hiddenSize supportsTensor numKeyValueHeads baseModel reasoningDialect contextLength
  usesCfg trustRemoteCode isCustom samplingDefaults topP topK minP repetitionPenalty presencePenalty frequencyPenalty
  nonThinking modelCard deviceRank worldSize immediateException shouldTimeout startLayer endLayer instanceId
  shardAssignments runnerToShard nodeToRunner hostsByNode ephemeralPort jacclDevices jacclCoordinators layersLoaded
  totalLayers errorMessage prefillServerPort nodeId shardMetadata modelDirectory readOnly downloadProgress
  downloadedThisSession completedFiles totalFiles etaMs taskId taskStatus commandId taskParams errorType boundInstance
  boundRunnerId boundNodeId cancelledTaskId runnerId runnerStatus sinkMultiaddr sourceRdmaIface sinkRdmaIface
  systemProfile gpuUsage sysPower pcpuUsage ecpuUsage ramTotal ramAvailable swapTotal swapAvailable ipAddress
  interfaceType diskUsage friendlyName osVersion osBuildVersion rdmaInterface domainUuid linkSpeed sourceUuid sinkUuid
  serviceName tokenId isThinking finishReason processedTokens totalTokens topLogprobs`.split(/\s+/),
);

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** Renames fields to snake_case and leaves ids and class names alone. */
export function snakeFields(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeFields);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [fieldNames.has(key) ? snakeCase(key) : key, snakeFields(item)]),
  );
}

/** A chunk as exo tags it, fields in camelCase. */
function taggedChunk(chunk: Chunk): unknown {
  switch (chunk.kind) {
    case "token": {
      const { kind: _kind, ...rest } = chunk;
      return { TokenChunk: { ...rest, logprob: null, topLogprobs: null } };
    }
    case "prefill":
      return {
        PrefillProgressChunk: {
          model: chunk.model,
          processedTokens: chunk.processedTokens,
          totalTokens: chunk.totalTokens,
        },
      };
    case "error":
      return { ErrorChunk: { model: chunk.model, errorMessage: chunk.errorMessage, finishReason: "error" } };
    default:
      return chunk satisfies never;
  }
}

function taggedInfo({ kind, ...rest }: GatheredInfo): unknown {
  return { [kind]: rest };
}

/** One event as `/events` prints it: tagged, snake_case inside. */
export function eventJson(eventId: string, { type, ...fields }: ExoEvent): unknown {
  const body = {
    ...fields,
    ...("chunk" in fields ? { chunk: taggedChunk(fields.chunk) } : {}),
    ...("info" in fields ? { info: taggedInfo(fields.info) } : {}),
  };
  return { [type]: { event_id: eventId, ...(snakeFields(body) as object) } };
}

/** A chunk as it appears in comments of a stream. */
export const chunkJson = (chunk: Chunk): unknown => snakeFields(taggedChunk(chunk));
