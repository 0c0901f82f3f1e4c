/** exo's memory sizes. */
export interface Size {
  readonly inBytes: number;
}

/** exo tags most things with their class: `{"RunnerReady": {...}}`. */
export type Tagged<Tag extends string, Body> = Readonly<Partial<Record<Tag, Body>>>;

/** A model card as exo prints it. Optional fields exist in some variants only. */
export interface ModelCard {
  readonly modelId: string;
  readonly storageSize: Size;
  readonly nLayers: number;
  readonly hiddenSize: number;
  readonly supportsTensor: boolean;
  /** Since 1.0.69. */
  readonly numKeyValueHeads?: number | null;
  readonly tasks: readonly string[];
  readonly components: readonly unknown[] | null;
  readonly family: string;
  readonly quantization: string;
  readonly baseModel: string;
  readonly capabilities: readonly string[];
  readonly backends?: readonly string[];
  readonly reasoningDialect?: string;
  /** Since 1.0.70. */
  readonly contextLength?: number;
  readonly usesCfg: boolean;
  readonly trustRemoteCode: boolean;
  /** Since 1.0.69. */
  readonly isCustom?: boolean;
  /** Since 1.0.70. */
  readonly vision?: unknown;
  /** Since 1.0.71. */
  readonly samplingDefaults?: Readonly<Record<string, unknown>>;
}

export interface Shard {
  readonly modelCard: ModelCard;
  readonly deviceRank: number;
  readonly worldSize: number;
  readonly immediateException: boolean;
  readonly shouldTimeout: number | null;
  readonly startLayer: number;
  readonly endLayer: number;
  readonly nLayers: number;
}

export type ShardTag = "PipelineShardMetadata" | "CfgShardMetadata" | "TensorShardMetadata";
export type TaggedShard = Tagged<ShardTag, Shard>;

export interface RingHost {
  readonly ip: string;
  readonly port: number;
}

export interface Instance {
  readonly instanceId: string;
  readonly shardAssignments: {
    readonly modelId: string;
    readonly runnerToShard: Readonly<Record<string, TaggedShard>>;
    readonly nodeToRunner: Readonly<Record<string, string>>;
  };
  /** MlxRing: by node, one host per rank. */
  readonly hostsByNode?: Readonly<Record<string, readonly RingHost[]>>;
  readonly ephemeralPort?: number;
  /** MlxJaccl: row i, column j is the interface of rank i towards rank j. */
  readonly jacclDevices?: readonly (readonly (string | null)[])[];
  readonly jacclCoordinators?: Readonly<Record<string, string>>;
}

export type InstanceTag = "MlxRingInstance" | "MlxJacclInstance";
export type TaggedInstance = Tagged<InstanceTag, Instance>;

export type RunnerStatusTag =
  | "RunnerIdle"
  | "RunnerConnecting"
  | "RunnerConnected"
  | "RunnerLoading"
  | "RunnerLoaded"
  | "RunnerWarmingUp"
  | "RunnerReady"
  | "RunnerRunning"
  | "RunnerShuttingDown"
  | "RunnerShutdown"
  | "RunnerFailed";

export type RunnerStatus = Tagged<RunnerStatusTag, Readonly<Record<string, unknown>>>;

export type DownloadTag = "DownloadPending" | "DownloadOngoing" | "DownloadCompleted" | "DownloadFailed";

export interface Download {
  readonly nodeId: string;
  readonly shardMetadata: TaggedShard;
  readonly modelDirectory: string;
  readonly downloaded?: Size;
  readonly total?: Size;
  readonly readOnly?: boolean;
  readonly errorMessage?: string;
  readonly downloadProgress?: Readonly<Record<string, unknown>>;
}

export type TaggedDownload = Tagged<DownloadTag, Download>;

export type TaskStatus = "Pending" | "Running" | "Complete" | "TimedOut" | "Failed" | "Cancelled";

export type TaskTag =
  | "CreateRunner"
  | "DownloadModel"
  | "ConnectToGroup"
  | "LoadModel"
  | "StartWarmup"
  | "TextGeneration"
  | "CancelTask"
  | "Shutdown";

export interface Task {
  readonly taskId: string;
  readonly taskStatus: TaskStatus;
  readonly instanceId: string;
  readonly commandId?: string;
  /** Printed in snake_case by exo, as here. */
  readonly taskParams?: TaskParams;
  readonly errorType?: string | null;
  readonly errorMessage?: string | null;
  readonly boundInstance?: unknown;
  readonly shardMetadata?: TaggedShard;
  readonly cancelledTaskId?: string;
  readonly runnerId?: string;
}

export type TaggedTask = Tagged<TaskTag, Task>;

/** A generation request inside exo. */
export interface TaskParams {
  readonly model: string;
  readonly input: readonly { readonly role: string; readonly content: string }[];
  readonly instructions: string | null;
  readonly max_output_tokens: number | null;
  readonly stream: boolean;
  readonly bench: boolean;
  readonly stop: string | readonly string[] | null;
  readonly reasoning_effort: string | null;
  readonly [other: string]: unknown;
}

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  readonly prompt_tokens_details: { readonly cached_tokens: number; readonly audio_tokens: number };
  readonly completion_tokens_details: {
    readonly reasoning_tokens: number;
    readonly audio_tokens: number;
    readonly accepted_prediction_tokens: number;
    readonly rejected_prediction_tokens: number;
  };
}

export interface GenerationStats {
  readonly prompt_tps: number;
  readonly generation_tps: number;
  readonly prompt_tokens: number;
  readonly generation_tokens: number;
  readonly peak_memory_usage: { readonly in_bytes: number };
  readonly prefix_cache_hit: "none" | "partial" | "exact";
}

/** One piece of an answer on its way from a runner to the API that asked for it. */
export type Chunk =
  | {
      readonly kind: "token";
      readonly model: string;
      readonly text: string;
      readonly tokenId: number;
      readonly isThinking: boolean;
      readonly finishReason: "stop" | "length" | null;
      readonly usage: Usage | null;
      readonly stats: GenerationStats | null;
    }
  | { readonly kind: "prefill"; readonly model: string; readonly processedTokens: number; readonly totalTokens: number }
  | { readonly kind: "error"; readonly model: string; readonly errorMessage: string };

/** @returns the tag of a tagged value and what it tags. */
export function untag<Tag extends string, Body>(tagged: Tagged<Tag, Body>): readonly [Tag, Body] {
  const entry = Object.entries(tagged)[0];
  if (entry === undefined) throw new TypeError("a tagged value has exactly one key");
  return [entry[0] as Tag, entry[1] as Body];
}

export const tagOf = <Tag extends string>(tagged: Tagged<Tag, unknown>): Tag => untag(tagged)[0];
export const bodyOf = <Body>(tagged: Tagged<string, Body>): Body => untag(tagged)[1];

/** Builds `{Tag: body}`. */
export const tagged = <Tag extends string, Body>(tag: Tag, body: Body): Tagged<Tag, Body> =>
  ({ [tag]: body }) as Tagged<Tag, Body>;

/** The tag of a runner's status; undefined when exo's state has none. */
export const statusOf = (
  runners: Readonly<Record<string, RunnerStatus>>,
  runnerId: string,
): RunnerStatusTag | undefined => {
  const status = runners[runnerId];
  return status === undefined ? undefined : tagOf(status);
};
