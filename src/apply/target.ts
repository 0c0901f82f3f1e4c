import { entryOfCopy } from "../cluster/copy-entry.js";
import type { LayerRange } from "../cluster/layer-range.js";
import type { NodeName } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";

/** One stage of the placement that is wanted. */
export interface TargetStage {
  readonly node: NodeName;
  readonly layers: LayerRange;
}

/** One copy of the model that is wanted. */
export interface TargetCopy {
  /** A tensor pair splits every layer, so both of its stages have all of them. */
  readonly sharding: "pipeline" | "tensor";
  /** In rank order. */
  readonly stages: readonly TargetStage[];
}

/** What shall run for one model. */
export interface ApplyTarget {
  readonly clusterId: string;
  /** Of the desired state; part of the instance's id, so that people can tell old from new. */
  readonly generation: number;
  /** The name clients use, such as `gpt-oss-120b`. */
  readonly servedName: string;
  readonly entry: EntrySpec;
  /** `own`: exo runs our registry entry, written by the agents. `builtin`: exo runs its own card of the weights' model. */
  readonly entryMode: "own" | "builtin";
  /** `published`: what a node lacks is copied or downloaded. `local`: nobody has them but the nodes themselves. */
  readonly weights: "published" | "local";
  /** The only node that weights are copied from. Absent: any that has them, and exo downloads where none does. */
  readonly weightsFrom?: NodeName;
  /** On disjoint nodes. At most one where exo's own entry is used: it is one id, and each copy needs its own. */
  readonly copies: readonly TargetCopy[];
}

/** The entry under the id that exo will run a copy by. @param number of the copy, from 1 */
export const entryToRun = ({ entry, entryMode }: ApplyTarget, number = 1): EntrySpec =>
  entryMode === "own" ? entryOfCopy(entry, number) : { ...entry, modelId: entry.weightsOf };

/** The entry under the id that its weights are downloaded by. */
export const entryToDownload = ({ entry }: ApplyTarget): EntrySpec => ({ ...entry, modelId: entry.weightsOf });

/** A served name as part of an instance's id. */
const slugOf = (servedName: string): string => servedName.toLowerCase().replace(/[^a-z0-9.]+/g, "-");

/** What all instances of this cluster and model have in common, whatever their generation. */
const idStem = (target: Pick<ApplyTarget, "clusterId" | "servedName">): string =>
  `exoctl-${target.clusterId}-${slugOf(target.servedName)}-g`;

/** @param suffix six hexadecimal digits, new for each instance: exo ignores a second one of the same id */
export const newInstanceId = (target: ApplyTarget, suffix: string): string =>
  `${idStem(target)}${target.generation}-${suffix}`;

/**
 * Whether this instance was made for this model of this cluster. Exact, not by prefix: cluster `a` must not take an
 * instance of cluster `a-b` for its own.
 */
export function isOfTarget(target: Pick<ApplyTarget, "clusterId" | "servedName">, instanceId: string): boolean {
  const stem = idStem(target);
  return instanceId.startsWith(stem) && /^\d+-[0-9a-f]{6}$/.test(instanceId.slice(stem.length));
}
