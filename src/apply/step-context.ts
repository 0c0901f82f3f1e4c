import type { NodeName } from "../cluster/names.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { InventoryNode } from "../inventory/inventory.js";
import type { Clock } from "../runtime/clock.js";
import { Problem } from "../runtime/problem.js";
import type { ReportProgress } from "./apply-progress.js";
import type { ApplyTimings, KnownAnswer } from "./apply-settings.js";
import type { ClusterAccess, ClusterView } from "./cluster-access.js";
import type { ExoControl } from "./exo-control.js";
import type { ApplyTarget } from "./target.js";
import type { WeightsCopier } from "./weights-copier.js";

/** What every executor needs. */
export interface StepContext {
  readonly target: ApplyTarget;
  readonly access: ClusterAccess;
  readonly copier: WeightsCopier;
  readonly clock: Clock;
  readonly timings: ApplyTimings;
  readonly knownAnswer: KnownAnswer;
  readonly report: ReportProgress;
}

/** @throws Problem when the controller has no connection to it */
export function exoOf(context: StepContext, node: NodeName): ExoControl {
  const exo = context.access.exo(node);
  if (exo !== undefined) return exo;
  throw new Problem("unreachable", "exo_unreachable", `exo on ${node} cannot be reached`, "check that exo runs there");
}

/** @throws Problem when the controller has no connection to it */
export function agentOf(context: StepContext, node: NodeName): AgentLink {
  const agent = context.access.agent(node);
  if (agent !== undefined) return agent;
  throw new Problem(
    "unreachable",
    "agent_unreachable",
    `the agent on ${node} cannot be reached`,
    "check that it runs there",
  );
}

/** Any exo that can be reached, those of the target first. @throws Problem when there is none */
export function anyExoOf(context: StepContext, view: ClusterView): ExoControl {
  const wanted = context.target.copies.flatMap((copy) => copy.stages.map((stage) => stage.node));
  for (const node of [...wanted, ...view.inventory.nodes.map(({ name }) => name)]) {
    const exo = context.access.exo(node);
    if (exo !== undefined) return exo;
  }
  throw new Problem("unreachable", "exo_unreachable", "no exo can be reached", "check that exo runs on the nodes");
}

export const nodeIn = (view: ClusterView, name: NodeName): InventoryNode | undefined =>
  view.inventory.nodes.find((node) => node.name === name);

/**
 * Looks at the cluster until `judge` has an answer or `deadlineMs` is over.
 *
 * @returns undefined when the time is over; there is always a last look after it
 */
export async function lookUntil<T>(
  context: StepContext,
  deadlineMs: number,
  judge: (view: ClusterView) => T | undefined,
  signal: AbortSignal,
): Promise<T | undefined> {
  const { clock, access, timings } = context;
  const startedAt = clock.now();
  for (;;) {
    const late = clock.now() - startedAt >= deadlineMs;
    const answer = judge(await access.observe(signal));
    if (answer !== undefined || late) return answer;
    await clock.sleep(timings.pollMs, signal);
  }
}
