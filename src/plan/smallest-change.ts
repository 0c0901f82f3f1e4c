import { compareText } from "./cost-tables.js";
import { hasPlan } from "./has-plan.js";
import { joinNode, newcomer } from "./join-node.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Change } from "./reason.js";

/** Macs one can buy or find, by rising memory in GiB; named as requests and `--what-if` name chips. */
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

/** More Macs than this are not advised at once. */
const mostMacs = 8;

/**
 * The smallest change of each kind that alone makes a problem with too little memory feasible: each was tried, and the
 * next smaller one was not enough.
 */
export function smallestChanges(problem: PlanProblem): readonly Change[] {
  return [...lighterWork(problem), ...uncordoned(problem), ...moreMacs(problem)];
}

/** Less context, or less at a time; both together only where neither would do. */
function lighterWork(problem: PlanProblem): readonly Change[] {
  const { workload } = problem;
  const contextTokens = longestContext(problem);
  const concurrency = mostThatFits(workload.concurrency, (count) =>
    hasPlan({ ...problem, workload: { ...workload, concurrency: count } }),
  );
  const changes: readonly Change[] = [
    ...(contextTokens > 0 ? [{ kind: "context" as const, contextTokens }] : []),
    ...(concurrency > 0 ? [{ kind: "concurrency" as const, concurrency }] : []),
  ];
  if (changes.length > 0 || workload.concurrency === 1) return changes;
  const least = longestContext({ ...problem, workload: { ...workload, concurrency: 1 } });
  return least > 0 ? [{ kind: "workload", contextTokens: least, concurrency: 1 }] : [];
}

/** The longest context that fits, in whole steps of the KV cache: a shorter part of a step takes as much memory. */
function longestContext(problem: PlanProblem): number {
  const { workload, model } = problem;
  const steps = Math.ceil(workload.contextTokens / model.kvStepTokens);
  const fitting = mostThatFits(steps, (count) => {
    const contextTokens = count * model.kvStepTokens;
    return hasPlan({ ...problem, workload: { ...workload, contextTokens } });
  });
  return fitting * model.kvStepTokens;
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

/** The smallest cordoned node that would be enough. */
function uncordoned(problem: PlanProblem): readonly Change[] {
  const found = problem.nodes
    .filter((node) => node.cordoned)
    .toSorted((left, right) => left.budgetBytes - right.budgetBytes || compareText(left.name, right.name))
    .find(({ name }) => hasPlan(withoutCordon(problem, name)));
  return found === undefined ? [] : [{ kind: "uncordon", node: found.name }];
}

const withoutCordon = (problem: PlanProblem, name: string): PlanProblem => ({
  ...problem,
  nodes: problem.nodes.map((node) => (node.name === name ? { ...node, cordoned: false } : node)),
});

/** The smallest kind of Mac of which one more is enough; where none is, the fewest of one kind. */
function moreMacs(problem: PlanProblem): readonly Change[] {
  for (let count = 1; count <= mostMacs; count += 1) {
    const enough = (chip: string): boolean => hasPlan(withMacs(problem, chip, count));
    const largest = macKinds.at(-1)?.[0] ?? "";
    const kind = enough(largest) ? macKinds.find(([chip]) => enough(chip)) : undefined;
    if (kind !== undefined) return [{ kind: "node", add: kind[0], memoryGib: kind[1], count }];
  }
  return [];
}

/** As `--what-if add=` would have it, filled as far as the problem's own nodes. */
function withMacs(problem: PlanProblem, chip: string, count: number): PlanProblem {
  return Array.from({ length: count }).reduce<PlanProblem>((joined) => {
    const node = newcomer(joined, chip);
    if (node === undefined) return joined;
    return joinNode(joined, { ...node, budgetBytes: node.budgetBytes * (problem.limitShare ?? 1) });
  }, problem);
}
