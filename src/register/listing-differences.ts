import type { EntrySpec } from "../cluster/registry-report.js";
import type { ExoListedModel } from "../inventory/exo-state.js";

/** One thing that exo's registry says of a model and that is not so. */
export interface ListingDifference {
  readonly fact: "size" | "context" | "tensor sharding";
  /** As exo lists it, for people. */
  readonly listed: string;
  /** As it is. */
  readonly truth: string;
  /** By how much the listed number is above the truth (below: negative), as a fraction; absent where there is no number. */
  readonly excess?: number;
}

/** exo lists sizes in whole MiB, rounded. */
const sizeStepBytes = 1024 * 1024;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
const excessOf = (listed: number, truth: number): number => listed / truth - 1;

/** What an exo lists of a model, compared with the truth as our entry has it. Facts that exo does not list are not compared. */
export function listingDifferences(truth: EntrySpec, listed: ExoListedModel): readonly ListingDifference[] {
  const differences: ListingDifference[] = [];
  const { storageBytes, contextTokens, supportsTensor } = listed;
  if (storageBytes !== undefined && Math.abs(storageBytes - truth.storageBytes) > sizeStepBytes)
    differences.push({
      fact: "size",
      listed: gigabytes(storageBytes),
      truth: gigabytes(truth.storageBytes),
      excess: excessOf(storageBytes, truth.storageBytes),
    });
  if (contextTokens !== undefined && contextTokens !== truth.contextTokens)
    differences.push({
      fact: "context",
      listed: `${contextTokens} tokens`,
      truth: `${truth.contextTokens} tokens`,
      excess: excessOf(contextTokens, truth.contextTokens),
    });
  if (supportsTensor !== undefined && supportsTensor !== truth.supportsTensor)
    differences.push({
      fact: "tensor sharding",
      listed: supportsTensor ? "supported" : "not supported",
      truth: truth.supportsTensor ? "supported" : "not supported",
    });
  return differences;
}

/** `size 70.7 GB instead of 63.2 GB (11.7 % too much)`. */
export function describeDifference({ fact, listed, truth, excess }: ListingDifference): string {
  if (excess === undefined) return `${fact} ${listed} instead of ${truth}`;
  const percent = (Math.abs(excess) * 100).toFixed(1);
  return `${fact} ${listed} instead of ${truth} (${percent} % too ${excess > 0 ? "much" : "little"})`;
}
