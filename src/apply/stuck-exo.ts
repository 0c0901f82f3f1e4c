import type { NodeName } from "../cluster/names.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import { Problem } from "../runtime/problem.js";
import { agentOf, type StepContext } from "./step-context.js";
import { describeStep, type StepOf, type StepResult } from "./steps.js";

/** Exos that do nothing for a starting instance: their workers are stuck, and nothing but a new start helps them. */
export class StuckExoProblem extends Problem {
  constructor(
    readonly nodes: readonly NodeName[],
    message: string,
    hint: string,
  ) {
    super("failed", "exo_stuck", message, hint);
  }
}

/** For the agent to stop exo, which ends its runners first, and to start it. */
const restartStepMs = 30_000;

/**
 * Stops exo and starts it again. Once begun it goes on when the signal aborts: a stopped exo serves nobody, and nothing else would
 * start it.
 *
 * @throws AgentRefusedError when the agent does not run this exo
 */
export async function startAgain(agent: AgentLink, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await agent.stopExo(AbortSignal.timeout(restartStepMs));
  const start = () => agent.startExo(AbortSignal.timeout(restartStepMs));
  // Once more where the first answer got lost.
  await start().catch(start);
}

/** The same as a step. */
export async function restartExo(context: StepContext, node: NodeName, signal: AbortSignal): Promise<StepResult> {
  await startAgain(agentOf(context, node), signal);
  return { outcome: `exo on ${node} was started again`, effect: "changed" };
}

/**
 * Restarts the exos that are stuck, for the next attempt to find them well. One that still has a ready instance is left alone:
 * whatever it is, it may be serving. That a restart failed is only reported: the caller is told what led here.
 */
export async function restartStuckExos(
  context: StepContext,
  nodes: readonly NodeName[],
  signal: AbortSignal,
): Promise<void> {
  const view = await context.access.observe(signal).catch(() => undefined); // unseen, nothing is restarted
  const idle = nodes.filter(
    (name) => view?.deployment.instances.some((instance) => isReadyOn(instance, name)) === false,
  );
  for (const node of idle) {
    const step: StepOf<"restart-exo"> = { action: "restart-exo", node, because: "it is stuck" };
    context.report({ kind: "step-started", step });
    const outcome = await restartExo(context, node, signal).then(
      (result) => result.outcome,
      (error: unknown) => `failed: ${error instanceof Error ? error.message : describeStep(step)}`,
    );
    context.report({ kind: "step-finished", step, outcome });
  }
}

/** Whether this instance may be serving on this node. */
export const isReadyOn = ({ health, stages }: DeployedInstance, name: NodeName): boolean =>
  health.state === "ready" && stages.some(({ node }) => node === name);
