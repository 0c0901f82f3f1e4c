import type { ClusterView } from "../apply/cluster-access.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import type { WhatIf } from "../plan/what-if.js";
import { builtInReasons } from "./built-in-findings.js";
import { nodesWithoutWeights, weightsReasons, withoutNodes } from "./nodes-with-weights.js";
import { type ModelPlan, planModel } from "./plan-model.js";
import { type KnownSpec, knownModel } from "./planning-problem.js";
import { whatIfModel } from "./what-if-model.js";

/**
 * Plans a model on the cluster as seen, with what is peculiar to this cluster among the reasons. Nodes that lack files which
 * exo can't download take no layers.
 *
 * @param entry with the registry entry that exo really runs it by
 * @throws Problem `unknown_model`
 */
export function planInView(entry: ModelEntry, spec: KnownSpec, view: ClusterView): ModelPlan {
  const model = knownModel(entry, spec.known);
  const lacking = nodesWithoutWeights(model, view);
  const inventory = withoutNodes(view.inventory, model, lacking);
  const plan = planModel(entry, spec, inventory, view.deployment);
  const reasons = [...builtInReasons(entry, model.entry, view), ...weightsReasons(model, lacking)];
  return { ...plan, result: { ...plan.result, reasons: [...plan.result.reasons, ...reasons] } };
}

/** The same with changes, beside it. @throws Problem that names everything that is wrong with the changes */
export function whatIfInView(entry: ModelEntry, spec: KnownSpec, view: ClusterView, changes: string): WhatIf {
  const model = knownModel(entry, spec.known);
  const inventory = withoutNodes(view.inventory, model, nodesWithoutWeights(model, view));
  return whatIfModel(entry, spec, { ...view, inventory }, changes);
}
