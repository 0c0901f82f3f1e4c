import { chipConstants, usualWorkingSetBytes } from "../cluster/chips.js";
import { choosesModes } from "./choose-copies.js";
import { prepareTables } from "./cost-tables.js";
import { linkPrior } from "./link-priors.js";
import { safeShare } from "./memory-limit.js";
import type { PlanNode, PlanProblem } from "./plan-problem.js";
import { usualReserveBytes } from "./read-request-nodes.js";
import type { Change } from "./reason.js";
import { findAnyOrder } from "./search-placement.js";

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
export const would = (problem: PlanProblem): boolean =>
  typeof findAnyOrder(problem, prepareTables(problem, "usable"), { left: questionWork }) !== "string";

/** The same cluster with a perfect link between all nodes. */
export const fullyLinked = (problem: PlanProblem): PlanProblem => ({
  ...problem,
  links: [],
  defaultLink: { alphaSec: 0, bytesPerSec: 1e12 },
});

/**
 * The smallest change of each kind that alone makes a problem with too little memory feasible, on the links and within the
 * node counts that it has.
 */
export function smallestChanges(problem: PlanProblem): readonly Change[] {
  const { workload, model } = problem;
  const steps = Math.ceil(workload.contextTokens / model.kvStepTokens);
  const fittingSteps = mostThatFits(steps, (count) => {
    const contextTokens = count * model.kvStepTokens;
    return would({ ...problem, workload: { ...workload, contextTokens } });
  });
  const concurrency = mostThatFits(workload.concurrency, (count) =>
    would({ ...problem, workload: { ...workload, concurrency: count } }),
  );
  const mac = macKinds.find(([chip, gib]) => would(withHelper(problem, chip, gib)));
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

/**
 * The problem with one more Mac, linked with every node. It may be filled as far as the others; a count of nodes that is
 * limited stays so, as under `--what-if add=`.
 */
function withHelper(problem: PlanProblem, chip: string, memoryGib: number): PlanProblem {
  const name = `one more ${chip}`;
  const helper: PlanNode = {
    name,
    budgetBytes: usualWorkingSetBytes(memoryGib * GIB) * (choosesModes(problem) ? safeShare : 1),
    reserveBytes: usualReserveBytes,
    cordoned: false,
    ...chipConstants(chip),
  };
  const assumed = linkPrior("thunderbolt");
  const links = problem.nodes.flatMap((node) => [
    { from: name, to: node.name, ...assumed },
    { from: node.name, to: name, ...assumed },
  ]);
  const isUnlimited = problem.maxNodes >= problem.nodes.length;
  return {
    ...problem,
    nodes: [...problem.nodes, helper],
    links: [...problem.links, ...links],
    maxNodes: isUnlimited ? problem.maxNodes + 1 : problem.maxNodes,
  };
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
