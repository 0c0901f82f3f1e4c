import { type RingTarget, ringSettings } from "../apply/classic/ring-target.js";
import type { RingNode, RingView } from "../apply/classic/ring-view.js";
import type { ClusterView } from "../apply/cluster-access.js";
import type { ClassicEntry } from "../cluster/classic-entry.js";
import { faultCodes } from "../cluster/classic-finding.js";
import { nodeName } from "../cluster/names.js";
import { type ClusterSpec, type ModelEntry, settingsOfNode } from "../config/cluster-spec.js";
import type { KnownModel } from "../models/known-models.js";
import { type ClassicPlan, planClassic } from "../plan/classic-plan.js";
import { evaluatePlacement } from "../plan/evaluate-placement.js";
import { safeShare } from "../plan/memory-limit.js";
import { problemFromInventory } from "../plan/problem-from-inventory.js";
import { withoutGptPrefix } from "../register/classic/entry-faults.js";
import type { ModelPlan } from "./plan-model.js";

/** exo's engine keeps the KV caches of so many requests, whatever is asked of it. */
const keptCaches = 3;

/** The entry of a model in exo 0.0.x's registry: without the prefix that exo never looks up. */
export const classicEntryOf = (
  entry: ModelEntry,
  { spec, entry: known }: KnownModel,
  cluster: ClusterSpec,
): ClassicEntry => ({
  id: withoutGptPrefix(entry.name).replaceAll("/", "--"),
  layers: spec.layers,
  engine: cluster.exo.classic.engine,
  // The only name for which the dummy engine has a tokenizer.
  repo: cluster.exo.classic.engine === "dummy" ? "dummy" : known.weightsOf,
  label: known.baseModel,
});

/** A plan for a ring, in the usual shape, and what exo is told for it. */
export interface ClassicModelPlan extends ModelPlan {
  readonly classic: ClassicPlan;
}

/** Plans a model on all ready machines of a cluster of exo 0.0.x. */
export function planClassicModel(
  entry: ModelEntry,
  model: KnownModel,
  cluster: ClusterSpec,
  view: ClusterView,
  ring: RingView,
): ClassicModelPlan {
  const running = new Set(ring.nodes.filter(isServing).map(({ name }) => String(name)));
  const { context, objective } = entry.serve;
  const problem = problemFromInventory(
    view.inventory,
    {
      model: model.spec,
      contextTokens: context,
      concurrency: keptCaches,
      objective,
      sharding: "pipeline",
      replicas: 1,
    },
    {
      headroomBytes: (name) => settingsOfNode(cluster, name).headroomBytes,
      // What exo holds is not told; where it runs, what is free says nothing.
      heldBytes: (name) => (running.has(name) ? totalOf(view, name) : 0),
      limitShare: safeShare,
    },
  );
  const memoryMb = new Map(
    ring.nodes.flatMap(({ name, report }) => (report === undefined ? [] : [[String(name), report.memoryMb] as const])),
  );
  const classic = planClassic(problem, cluster.exo.classic.forceLayers ? "forced" : "measured", memoryMb);
  const { result, placed } = classic;
  if (result.kind === "infeasible" || placed.length === 0)
    return { classic, problem: classic.problem, result, copies: [], verdict: "infeasible" };
  const stages = placed.map(({ node, layers }) => ({ node: nodeName(node), layers }));
  const evaluation = evaluatePlacement(classic.problem, placed);
  return {
    classic,
    problem: classic.problem,
    result,
    copies: [{ sharding: "pipeline", stages, evaluation }],
    predicted: result.predicted,
    verdict: "place",
  };
}

const isServing = ({ report }: RingNode): boolean => report?.running !== undefined;

const totalOf = ({ inventory }: ClusterView, name: string): number =>
  inventory.nodes.find((node) => node.name === name)?.memory.value.totalBytes ?? 0;

/** Faults that are no reason to stop: the dummy engine loads nothing, and a patched exo has its own ways. */
export const acceptedBy = ({ exo }: ClusterSpec): RingTarget["accepted"] =>
  exo.classic.patched || exo.classic.engine === "dummy" ? faultCodes : [];

/** The plan as what `apply` shall reach. @throws Problem where a node can't be reached by its peers */
export function ringTargetOf(
  entry: ModelEntry,
  model: KnownModel,
  cluster: ClusterSpec,
  plan: ClassicModelPlan,
  ring: RingView,
  generation: number,
): RingTarget {
  const wanted = { entry: classicEntryOf(entry, model, cluster), stages: plan.copies[0]?.stages ?? [] };
  return {
    ...wanted,
    generation,
    model: entry.name,
    accepted: acceptedBy(cluster),
    settings: ringSettings(wanted, ring.nodes, plan.classic.forcedMb),
  };
}
