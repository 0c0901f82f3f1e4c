import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";

/** What the best plan costs, by trying every subset and order with a boundary table each. Shares no code with the planner. */
export interface BruteForceAnswer {
  readonly latencySec: number;
  readonly periodSec: number;
}

const none = Number.POSITIVE_INFINITY;

/** The formulas of placement reference 3.1, 3.2 and 4.1, written out. */
function formulas(problem: PlanProblem) {
  const { model, workload, outputPolicy } = problem;
  const { contextTokens, concurrency, batch } = workload;
  const distinct = model.experts * (1 - (1 - model.expertsPerToken / model.experts) ** batch);
  const isFull = (layer: number): boolean =>
    model.fullAttentionLayers === "odd" ? layer % 2 === 1 : model.fullAttentionLayers.includes(layer);
  const layerSec = (node: PlanNode, layer: number): number => {
    const seen = isFull(layer) ? contextTokens : Math.min(contextTokens, model.slidingWindow);
    const bytes =
      model.denseBytesPerLayer + distinct * model.expertBytes + batch * model.kvBytesPerTokenPerLayer * seen;
    return node.overheadSecPerLayer + bytes / node.effBytesPerSec;
  };
  const layerBytes = (layer: number): number => {
    const held = isFull(layer)
      ? Math.ceil(contextTokens / model.kvStepTokens) * model.kvStepTokens
      : model.slidingWindow;
    return model.weightBytesPerLayer + concurrency * model.kvBytesPerTokenPerLayer * held;
  };
  const fixed = (rank: number, size: number): number => {
    const head = model.headBytes + model.normBytes;
    if (outputPolicy === "replicated") return model.embedBytes + head;
    return (rank === 0 ? model.embedBytes : 0) + (rank === size - 1 ? head : 0);
  };
  const link = (from: PlanNode, to: PlanNode, payload: number) => {
    const found = problem.links.find((one) => one.from === from.name && one.to === to.name) ?? problem.defaultLink;
    if (found === undefined) return { sec: none, transfer: none };
    return { sec: found.alphaSec + payload / found.bytesPerSec, transfer: payload / found.bytesPerSec };
  };
  const hop = (from: PlanNode, to: PlanNode) => link(from, to, batch * model.hiddenBytes);
  const home = (from: PlanNode, to: PlanNode) =>
    link(from, to, outputPolicy === "replicated" ? batch * model.hiddenBytes : 4 * batch);
  return { layerSec, layerBytes, fixed, hop, home, headSec: (node: PlanNode) => model.headBytes / node.effBytesPerSec };
}

function* ordersOf(
  nodes: readonly PlanNode[],
  most: number,
  chosen: readonly PlanNode[] = [],
): Generator<readonly PlanNode[]> {
  if (chosen.length > 0) yield chosen;
  if (chosen.length === most) return;
  for (const node of nodes) if (!chosen.includes(node)) yield* ordersOf(nodes, most, [...chosen, node]);
}

/** What each node needs for each single layer, and for the matrices around them. Worked out once per problem. */
function prepare(problem: PlanProblem) {
  const { layerSec, layerBytes, fixed, headSec } = formulas(problem);
  const layers = Array.from({ length: problem.model.layers }, (_, layer) => layer);
  const nodes = new Map(
    problem.nodes.map((node) => {
      const pin = problem.pins.find((candidate) => candidate.node === node.name)?.layers;
      const isTaken = (layer: number): boolean =>
        problem.pins.some(
          (other) => other.node !== node.name && other.layers.start <= layer && layer < other.layers.end,
        );
      const taken = layers.map(isTaken);
      return [node.name, { pin, taken, seconds: layers.map((layer) => layerSec(node, layer)) }] as const;
    }),
  );
  return { nodes, bytes: layers.map(layerBytes), fixed, headSec };
}

/** Least sum of stage times, and least longest stage, over all boundaries of one order under a limit on each stage. */
function bestSplit(
  problem: PlanProblem,
  prepared: ReturnType<typeof prepare>,
  order: readonly PlanNode[],
  stageLimit: number,
) {
  const { layers } = problem.model;
  let sums = [0, ...Array<number>(layers).fill(none)];
  let longest = [...sums];
  order.forEach((node, rank) => {
    const nextSums = Array<number>(layers + 1).fill(none);
    const nextLongest = Array<number>(layers + 1).fill(none);
    const isHead = problem.outputPolicy === "replicated" || rank === order.length - 1;
    const head = isHead ? prepared.headSec(node) : 0;
    const facts = prepared.nodes.get(node.name);
    if (facts === undefined) throw new Error(`no facts of ${node.name}`);
    const { pin, taken, seconds } = facts;
    for (let start = 0; start < layers; start += 1) {
      if (sums[start] === none) continue;
      let sec = 0;
      let bytes = node.reserveBytes + prepared.fixed(rank, order.length);
      for (let end = start + 1; end <= layers; end += 1) {
        sec += seconds[end - 1] as number;
        bytes += prepared.bytes[end - 1] as number;
        if (bytes > node.budgetBytes || taken[end - 1] === true || sec + head > stageLimit) break;
        if (pin !== undefined && (pin.start !== start || pin.end !== end)) continue;
        nextSums[end] = Math.min(nextSums[end] as number, (sums[start] as number) + sec);
        nextLongest[end] = Math.min(nextLongest[end] as number, Math.max(longest[start] as number, sec + head));
      }
    }
    sums = nextSums;
    longest = nextLongest;
  });
  return { sum: sums[layers] as number, longest: longest[layers] as number };
}

function ringCosts(problem: PlanProblem, order: readonly PlanNode[]) {
  const { hop, home } = formulas(problem);
  if (order.length === 1) return { sec: 0, transfer: 0 };
  const links = order.map((node, rank) => {
    const next = order[rank + 1];
    return next === undefined ? home(node, order[0] as PlanNode) : hop(node, next);
  });
  return {
    sec: links.reduce((sum, one) => sum + one.sec, 0),
    transfer: Math.max(...links.map((one) => one.transfer)),
  };
}

/** @returns undefined when no placement at all meets the problem's conditions */
export function bruteForcePlan(problem: PlanProblem): BruteForceAnswer | undefined {
  const prepared = prepare(problem);
  const nodes = problem.nodes.filter((node) => !node.cordoned);
  const orders = [...ordersOf(nodes, Math.min(problem.maxNodes, nodes.length))]
    .filter((order) => order.length >= problem.minNodes)
    .filter((order) => problem.pins.every((pin) => order.some((node) => node.name === pin.node)))
    .map((order) => ({ order, ring: ringCosts(problem, order) }))
    .filter(({ ring }) => ring.sec < none);
  const periodOf = (limit: number): number =>
    Math.min(
      none,
      ...orders.map(({ order, ring }) => Math.max(ring.transfer, bestSplit(problem, prepared, order, limit).longest)),
    );
  const latencyOf = (limit: number): number =>
    Math.min(
      none,
      ...orders.map(({ order, ring }) => {
        const head = problem.outputPolicy === "replicated" ? order[0] : order.at(-1);
        if (ring.transfer > limit || head === undefined) return none;
        return bestSplit(problem, prepared, order, limit).sum + ring.sec + prepared.headSec(head);
      }),
    );
  const periodSec = problem.objective === "bottleneck" ? periodOf(none) : none;
  const latencySec = latencyOf(periodSec * (1 + 1e-11));
  return latencySec === none ? undefined : { latencySec, periodSec };
}
