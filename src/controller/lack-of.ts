import type { ClusterView } from "../apply/cluster-access.js";
import type { ModelRun } from "./model-run.js";
import { isPlanOf } from "./plan-model.js";
import { instancesOf, serves, servingModels } from "./serving-models.js";

/**
 * What a model lacks in what was seen last, in a few words; undefined when there is nothing to do for it. A model that may have
 * several copies also lacks a plan when a node has come (back) which that plan did not know: whether that is worth a copy, only a
 * new one can tell. A single placement is left where it is, since a move would interrupt it.
 */
export function lackOf(run: ModelRun, view: ClusterView | undefined): string | undefined {
  if (servingModels([run], {}, view)[0]?.state !== "ready" || view === undefined) return "it is not served";
  const { plan } = run;
  if (plan?.problem.replicas !== "auto" || plan.problem.objective !== "throughput") return undefined;
  const serving = instancesOf(run, view).filter((instance) => serves(run, instance));
  const lost = plan.copies.filter((copy) => !serving.some((instance) => isPlanOf(copy, instance)));
  if (lost.length > 0) return `${lost.length} of ${plan.copies.length} copies are not served`;
  const known = new Set(plan.problem.nodes.filter((node) => !node.cordoned).map((node) => node.name));
  const newcomer = view.inventory.nodes.find(
    ({ name, notReady, cordoned }) => notReady.length === 0 && !cordoned && !known.has(name),
  );
  return newcomer === undefined ? undefined : `${newcomer.name} was not there when it was planned`;
}
