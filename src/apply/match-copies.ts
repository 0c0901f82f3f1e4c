import { copyNumber } from "../cluster/copy-entry.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import { type ApplyTarget, entryToRun, type TargetCopy } from "./target.js";

/** A wanted copy, and the entry and the instance that it runs as, or will. */
export interface MatchedCopy {
  readonly copy: TargetCopy;
  readonly entry: EntrySpec;
  /** Absent when nothing of ours runs it. */
  readonly instance?: DeployedInstance;
}

export interface MatchedCopies {
  /** In the order of the target. */
  readonly copies: readonly MatchedCopy[];
  /** Instances of ours that are no wanted copy. */
  readonly surplus: readonly DeployedInstance[];
}

/**
 * Finds the instance of each wanted copy: a ready one rather than a starting one, then the first by id. What runs keeps its
 * number; the others get the lowest ones that are left, if possible not that of an instance which is still to go.
 *
 * @param own all instances of ours that were made for this model
 */
export function matchCopies(target: ApplyTarget, own: readonly DeployedInstance[]): MatchedCopies {
  const taken = new Map<number, DeployedInstance>();
  const found = target.copies.map((copy) => {
    const fitting = own.filter((item) => {
      const number = numberOf(target, item);
      return number !== undefined && !taken.has(number) && item.health.state !== "failed" && isPlacedAs(copy, item);
    });
    const instance = fitting.find((item) => item.health.state === "ready") ?? fitting[0];
    const number = instance === undefined ? undefined : numberOf(target, instance);
    if (instance !== undefined && number !== undefined) taken.set(number, instance);
    return { copy, instance, number };
  });
  const kept = new Set(taken.values());
  const surplus = own.filter((item) => !kept.has(item));
  const free = freeNumbers(target, taken, new Set(surplus.map((item) => numberOf(target, item))));
  const copies = found.map(({ copy, instance, number = free.shift() }) => ({
    copy,
    entry: entryToRun(target, number),
    ...(instance === undefined ? {} : { instance }),
  }));
  return { copies, surplus };
}

function freeNumbers(
  { copies }: ApplyTarget,
  taken: ReadonlyMap<number, DeployedInstance>,
  leaving: ReadonlySet<number | undefined>,
): number[] {
  const free = copies.map((_, index) => index + 1).filter((number) => !taken.has(number));
  return [...free.filter((number) => !leaving.has(number)), ...free.filter((number) => leaving.has(number))];
}

/** Which copy an instance is by its model id; undefined when it runs none of the ids that are wanted. */
function numberOf({ entry, entryMode }: ApplyTarget, { modelId }: DeployedInstance): number | undefined {
  if (entryMode === "own") return copyNumber(entry, modelId);
  return modelId === entry.weightsOf ? 1 : undefined;
}

/** Whether an instance holds the wanted layers on the wanted nodes, rank by rank, and talks as such a copy has to. */
function isPlacedAs({ sharding, stages }: TargetCopy, instance: DeployedInstance): boolean {
  if (instance.sharding !== sharding || instance.stages.length !== stages.length) return false;
  if (instance.transport !== (sharding === "tensor" ? "jaccl" : "ring")) return false;
  return stages.every(({ node, layers }, rank) => {
    // The members of a tensor pair do the same, so their order says nothing.
    const stage = sharding === "tensor" ? instance.stages.find((item) => item.node === node) : instance.stages[rank];
    return stage?.node === node && stage.layers.start === layers.start && stage.layers.end === layers.end;
  });
}
