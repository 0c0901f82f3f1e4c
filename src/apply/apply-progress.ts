import type { NodeName } from "../cluster/names.js";
import type { RunnerState } from "../inventory/exo-state.js";
import { describeStep, type Step } from "./steps.js";

/** How far one stage of a starting instance is. */
export interface StageProgress {
  readonly node: NodeName | undefined;
  readonly rank: number;
  readonly runner: RunnerState;
  readonly layersLoaded?: number;
  readonly totalLayers?: number;
}

/** What `apply` tells while it works. */
export type ApplyProgress =
  | { readonly kind: "step-started"; readonly step: Step }
  | { readonly kind: "step-finished"; readonly step: Step; readonly outcome: string }
  | { readonly kind: "waiting"; readonly reason: string }
  | { readonly kind: "starting"; readonly instanceId: string; readonly stages: readonly StageProgress[] }
  /** How far copies between nodes are, in words. */
  | { readonly kind: "copying"; readonly text: string }
  | {
      readonly kind: "downloading";
      readonly node: NodeName;
      readonly modelId: string;
      readonly downloadedBytes: number;
      readonly totalBytes: number | undefined;
    };

export type ReportProgress = (progress: ApplyProgress) => void;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

function stageText(stage: StageProgress): string {
  const name = stage.node ?? `rank ${stage.rank}`;
  if (stage.layersLoaded === undefined) return `${name} ${stage.runner}`;
  return `${name} ${stage.layersLoaded}/${stage.totalLayers} layers`;
}

/** One line for people. */
export function describeProgress(progress: ApplyProgress): string {
  switch (progress.kind) {
    case "step-started":
      return describeStep(progress.step);
    case "step-finished":
      return `${progress.step.action}: ${progress.outcome}`;
    case "waiting":
      return `waiting: ${progress.reason}`;
    case "starting":
      return progress.stages.map(stageText).join(", ");
    case "copying":
      return progress.text;
    case "downloading": {
      const of = progress.totalBytes === undefined ? "" : ` of ${gigabytes(progress.totalBytes)}`;
      return `${progress.modelId} ${gigabytes(progress.downloadedBytes)}${of}`;
    }
    default:
      return progress satisfies never;
  }
}
