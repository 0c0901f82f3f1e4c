import type { Quantization } from "../../models/model-spec.js";
import type { ProgressLine } from "../progress-line.js";

/** What is copied where. */
export interface SyncRequest {
  /** A catalogue name, or `owner/name`. */
  readonly model: string;
  /** Of a catalogue model; default: as the cluster file has it. */
  readonly quantization?: Quantization;
  /** Only from this node; default: from every node that has it. */
  readonly from?: string;
  /** Default: every enrolled node that does not have it. */
  readonly to?: readonly string[];
  /** What each node sends at most, bytes per second. */
  readonly bytesPerSec?: number;
}

/** How it went on one node. */
export interface SyncedNode {
  readonly node: string;
  readonly outcome: "copied" | "already-there" | "failed";
  /** Verified bytes that were there before. */
  readonly keptBytes: number;
  /** What came in, by the node it came from. */
  readonly fetchedBytes: Readonly<Record<string, number>>;
  readonly tookMs: number;
  /** Why it failed, one sentence. */
  readonly problem?: string;
}

/** What `exoctl model sync -o json` prints. */
export interface SyncSummary {
  readonly model: string;
  /** SHA-256 of the manifest: every byte of every file follows from it. Absent when nothing had to be copied. */
  readonly manifest?: string;
  readonly bytes: number;
  readonly files: number;
  /** Nodes that had it. */
  readonly sources: readonly string[];
  /** Files of the folder that are not copied, with the reason. */
  readonly leftOut: readonly string[];
  readonly nodes: readonly SyncedNode[];
}

/** The controller's calls for copies of models. */
export interface ModelSyncApi {
  /** Copies a model to nodes that lack it. The signal's abort cancels it; what was verified stays for the next time. */
  syncModel(request: SyncRequest, report: (line: ProgressLine) => void, signal: AbortSignal): Promise<SyncSummary>;
}
