import { chipConstants } from "../cluster/chips.js";
import type { Inventory, InventoryLink, InventoryNode } from "../inventory/inventory.js";
import type { ModelSpec } from "../models/model-spec.js";
import { calibrateProblem, type StepMeasurement } from "./calibrate.js";
import { linkPrior } from "./link-priors.js";
import type { Objective, PlanLink, PlanNode, PlanProblem } from "./plan-problem.js";

/** What the admin wants of a model. */
export interface ServeWishes {
  readonly model: ModelSpec;
  readonly contextTokens: number;
  readonly concurrency: number;
  readonly objective: Objective;
  readonly sharding: PlanProblem["sharding"];
  readonly replicas: PlanProblem["replicas"];
  /** 1 unless told otherwise. */
  readonly minNodes?: number;
  /** All nodes unless told otherwise. */
  readonly maxNodes?: number;
}

export interface InventorySettings {
  /** Memory to keep free on a node for workspace and caches. */
  readonly headroomBytes: (node: string) => number;
  /** Memory that exo holds on a node for our own instances, which a new plan may use again. */
  readonly heldBytes: (node: string) => number;
  /** Memory of a node that instances of other models have or may yet take; none unless told otherwise. */
  readonly promisedBytes?: (node: string) => number;
  /** How much of Metal's limit may be used; all of it unless told otherwise. */
  readonly limitShare?: number;
  /** Step times that were measured on this cluster: they replace the priors of the chips. */
  readonly measurements?: readonly StepMeasurement[];
}

/**
 * The planning problem of a live cluster: its ready nodes, the memory they can give now, and the best link between each
 * pair by the priors of their kinds. Pipelines run on exo's TCP ring, tensor pairs over RDMA. Nodes with any reason in `notReady` are left out; cordoned ones stay in, marked.
 */
export function problemFromInventory(
  inventory: Inventory,
  serve: ServeWishes,
  settings: InventorySettings,
): PlanProblem {
  const nodes = inventory.nodes.filter((node) => node.notReady.length === 0).map((node) => planNode(node, settings));
  const names = new Set(nodes.map((node) => node.name));
  const links = inventory.links.filter((link) => names.has(link.from) && names.has(link.to));
  const minNodes = serve.minNodes ?? 1;
  const problem: PlanProblem = {
    nodes,
    links: bestLinks(links.filter((link) => link.kind !== "rdma")),
    tensorLinks: bestLinks(links.filter((link) => link.kind === "rdma")),
    model: serve.model,
    workload: { contextTokens: serve.contextTokens, concurrency: serve.concurrency, batch: 1 },
    objective: serve.objective,
    outputPolicy: "replicated",
    sharding: serve.sharding,
    replicas: serve.replicas,
    minNodes,
    maxNodes: serve.maxNodes ?? Math.max(minNodes, nodes.length),
    pins: [],
    ...(settings.limitShare === undefined ? {} : { limitShare: settings.limitShare }),
  };
  return calibrateProblem(problem, settings.measurements ?? []);
}

/**
 * What a model may take of a node now: Metal's limit without what others have been promised, or what is free plus what our
 * own instances of it hold, whichever is less.
 */
export function budgetBytes({ memory }: InventoryNode, heldBytes: number, promisedBytes = 0, limitShare = 1): number {
  const { workingSetBytes, availableBytes } = memory.value;
  return Math.max(0, Math.min(workingSetBytes * limitShare - promisedBytes, availableBytes + heldBytes));
}

function planNode(node: InventoryNode, settings: InventorySettings): PlanNode {
  const { chip, memoryBytes, gpuCores } = node.hardware.value;
  const constants = chipConstants(chip, memoryBytes, gpuCores);
  return {
    name: node.name,
    chip,
    budgetBytes: budgetBytes(
      node,
      settings.heldBytes(node.name),
      settings.promisedBytes?.(node.name),
      settings.limitShare,
    ),
    reserveBytes: settings.headroomBytes(node.name),
    cordoned: node.cordoned,
    memoryBytes,
    availableBytes: node.memory.value.availableBytes + settings.heldBytes(node.name),
    speedFrom: constants.calibrated ? "chip" : "guessed",
    ...constants,
  };
}

/** One link per direction of a pair: the one with the least latency, then the highest rate, then the first by kind. */
function bestLinks(links: readonly InventoryLink[]): readonly PlanLink[] {
  const best = new Map<string, PlanLink>();
  for (const { from, to, kind } of links) {
    if (from === to) continue;
    const candidate: PlanLink = { from, to, kind, ...linkPrior(kind) };
    const pair = JSON.stringify([from, to]);
    const known = best.get(pair);
    if (known === undefined || isBetter(candidate, known)) best.set(pair, candidate);
  }
  return [...best.values()];
}

function isBetter(candidate: PlanLink, known: PlanLink): boolean {
  if (candidate.alphaSec !== known.alphaSec) return candidate.alphaSec < known.alphaSec;
  if (candidate.bytesPerSec !== known.bytesPerSec) return candidate.bytesPerSec > known.bytesPerSec;
  return (candidate.kind ?? "") < (known.kind ?? "");
}
