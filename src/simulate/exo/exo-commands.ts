import type { ModelCard, TaggedInstance, TaggedShard, TaskParams } from "./exo-types.js";
import type { PlacementRequest } from "./place-instance.js";

/** What an API sends to the master. Sent and forgotten: nothing comes back but events. */
export type Command =
  | { readonly type: "TextGeneration"; readonly commandId: string; readonly taskParams: TaskParams }
  | { readonly type: "CreateInstance"; readonly instance: TaggedInstance }
  | { readonly type: "PlaceInstance"; readonly request: PlacementRequest }
  | { readonly type: "DeleteInstance"; readonly instanceId: string }
  | { readonly type: "TaskCancelled"; readonly cancelledCommandId: string }
  | { readonly type: "TaskFinished"; readonly finishedCommandId: string }
  | { readonly type: "AddCustomModelCard"; readonly modelCard: ModelCard }
  | { readonly type: "DeleteCustomModelCard"; readonly modelId: string };

/** What an API, a worker or the master sends to one node's downloader. A node id that does not exist: nothing happens. */
export type DownloadCommand =
  | { readonly type: "StartDownload"; readonly targetNodeId: string; readonly shardMetadata: TaggedShard }
  | { readonly type: "CancelDownload"; readonly targetNodeId: string; readonly modelId: string }
  | { readonly type: "DeleteDownload"; readonly targetNodeId: string; readonly modelId: string };
