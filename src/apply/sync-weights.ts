import { Problem } from "../runtime/problem.js";
import { hasWeights } from "./registry-needs.js";
import { lookUntil, type StepContext } from "./step-context.js";
import type { StepArgs, StepResult } from "./steps.js";

/** Brings the weights to nodes, and waits until their agents see them. */
export async function syncWeights(
  context: StepContext,
  { nodes, from }: StepArgs["sync-weights"],
  signal: AbortSignal,
): Promise<StepResult> {
  const { entry } = context.target;
  const order = { modelId: entry.weightsOf, to: nodes, ...(from === undefined ? {} : { from }) };
  const outcome = await context.copier.copy(order, (text) => context.report({ kind: "copying", text }), signal);
  const seen = await lookUntil(
    context,
    context.timings.settleMs,
    ({ registries }) =>
      nodes.every((node) => {
        const registry = registries.get(node);
        return registry !== undefined && hasWeights(entry, registry);
      }) || undefined,
    signal,
  );
  if (seen === true) return { outcome, effect: "changed" };
  const where = nodes.join(", ");
  throw new Problem(
    "failed",
    "copy_not_seen",
    `${entry.weightsOf} was copied to ${where}, and the agents there do not report it as complete`,
    "see `exoctl model list` for what is missing there, and the agents' logs",
  );
}
