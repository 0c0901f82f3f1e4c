import { chipConstants, usualWorkingSetBytes } from "../cluster/chips.js";
import { findBlockEnds } from "./block-ends.js";
import { prepareTables } from "./cost-tables.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import { usualReserveBytes } from "./read-request-nodes.js";
import type { Change } from "./reason.js";
import { findAnyOrder } from "./search-placement.js";
import { latencySpace } from "./search-space.js";
import { sizeRange } from "./size-range.js";

const GIB = 2 ** 30;
/** Work for one question of the kind "would it fit if". */
const questionWork = 20_000;
/** Macs one can buy or find, by rising memory; named as requests name chips. */
const macKinds = [
  ["m4pro-24", 24],
  ["m4max-36", 36],
  ["m4max-48", 48],
  ["m4max-64", 64],
  ["m3ultra-96", 96],
  ["m4max-128", 128],
  ["m2ultra-192", 192],
  ["m3ultra-256", 256],
  ["m3ultra-512", 512],
] as const;

/** Whether a problem has any plan, as far as a short search can tell. */
export function would(problem: PlanProblem): boolean {
  const tables = prepareTables(problem, "usable");
  const space = latencySpace(problem, tables, findBlockEnds(problem, tables));
  return typeof findAnyOrder(space, sizeRange(problem, tables), { left: questionWork }) !== "string";
}

/** The same cluster with a perfect link between all nodes. */
export const fullyLinked = (problem: PlanProblem): PlanProblem => ({
  ...problem,
  links: [],
  defaultLink: { alphaSec: 0, bytesPerSec: 1e12 },
});

/** The smallest change of each kind that alone makes a problem with too little memory feasible. */
export function smallestChanges(problem: PlanProblem): readonly Change[] {
  const linked = fullyLinked(problem);
  const { workload, model } = problem;
  const steps = Math.ceil(workload.contextTokens / model.kvStepTokens);
  const fittingSteps = mostThatFits(steps, (count) => {
    const contextTokens = count * model.kvStepTokens;
    return would({ ...linked, workload: { ...workload, contextTokens } });
  });
  const concurrency = mostThatFits(workload.concurrency, (count) =>
    would({ ...linked, workload: { ...workload, concurrency: count } }),
  );
  const mac = macKinds.find(([chip, gib]) => would(withHelper(linked, chip, gib)));
  return [
    ...(fittingSteps > 0 ? [{ kind: "context" as const, contextTokens: fittingSteps * model.kvStepTokens }] : []),
    ...(concurrency > 0 ? [{ kind: "concurrency" as const, concurrency }] : []),
    ...(mac === undefined ? [] : [{ kind: "node" as const, add: mac[0], memoryGib: mac[1] }]),
  ];
}

/** The most below `tooMany` that fits; 0 when not even one does. */
function mostThatFits(tooMany: number, fits: (count: number) => boolean): number {
  let low = 0;
  let high = tooMany;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

function withHelper(problem: PlanProblem, chip: string, memoryGib: number): PlanProblem {
  const helper: PlanNode = {
    name: `one more ${chip}`,
    budgetBytes: usualWorkingSetBytes(memoryGib * GIB),
    reserveBytes: usualReserveBytes,
    cordoned: false,
    ...chipConstants(chip),
  };
  return { ...problem, nodes: [...problem.nodes, helper], maxNodes: problem.maxNodes + 1 };
}

/** `Serve a context of 8192 tokens, or serve 2 at a time, or add another Mac with 64 GiB of memory or more (m4max-64).` */
export function describeChanges(changes: readonly Change[]): string {
  const text = changes.map(describeChange).join(", or ");
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}

function describeChange(change: Change): string {
  switch (change.kind) {
    case "context":
      return `serve a context of ${change.contextTokens} tokens`;
    case "concurrency":
      return `serve ${change.concurrency} at a time`;
    case "node":
      return `add another Mac with ${change.memoryGib} GiB of memory or more (such as ${change.add})`;
    default:
      return change satisfies never;
  }
}
