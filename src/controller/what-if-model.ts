import type { ClusterView } from "../apply/cluster-access.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import { namingLimit } from "../plan/memory-limit.js";
import { answerWhatIf, type WhatIf } from "../plan/what-if.js";
import { type KnownSpec, limitShareOf, planningProblem } from "./planning-problem.js";

/**
 * Plans a model on the cluster as it is and with changes. A Mac that is added gets the headroom of nodes that the cluster file
 * does not name, and is filled no further than the others.
 *
 * @param spec with all models that shall run
 * @throws Problem of kind `usage` that names everything that is wrong with the changes
 */
export function whatIfModel(
  entry: ModelEntry,
  spec: KnownSpec,
  { inventory, deployment }: ClusterView,
  changes: string,
): WhatIf {
  const problem = planningProblem(entry, spec, inventory, deployment, limitShareOf(entry));
  const newcomers = { reserveBytes: spec.nodes.defaults.headroomBytes };
  const answer = answerWhatIf(problem, changes, newcomers);
  return { ...answer, before: namingLimit(answer.before), after: namingLimit(answer.after) };
}
