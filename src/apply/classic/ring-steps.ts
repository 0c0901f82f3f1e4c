import type { ClassicEntry } from "../../cluster/classic-entry.js";
import type { ClassicExoSettings } from "../../cluster/classic-launch.js";
import type { NodeName } from "../../cluster/names.js";
import type { StepResult } from "../steps.js";

/** Every action that `apply` can take on a ring of exo 0.0.x. A new one does not compile until it can run. */
export interface RingStepArgs {
  /** On all nodes or on none. */
  readonly "ensure-classic-entry": { readonly nodes: readonly NodeName[]; readonly entry: ClassicEntry };
  /** Settings for the next start, and the file of peers, which takes effect at once. */
  readonly "configure-exo": { readonly node: NodeName; readonly settings: ClassicExoSettings };
  readonly "stop-exo": { readonly node: NodeName; readonly because: string };
  readonly "start-exo": { readonly node: NodeName };
  /** Until every node computes the same layers, and those that were planned. */
  readonly "await-ring": { readonly ring: string };
  /** `node`: whose API is asked. */
  readonly "prove-ring": { readonly node: NodeName; readonly ring: string };
}

export type RingAction = keyof RingStepArgs;
export type RingStep = { [A in RingAction]: { readonly action: A } & RingStepArgs[A] }[RingAction];

/** One executor per action. */
export type RingExecutors = {
  readonly [A in RingAction]: (args: RingStepArgs[A], signal: AbortSignal) => Promise<StepResult>;
};

export function runRingStep<A extends RingAction>(
  executors: RingExecutors,
  step: { readonly action: A } & RingStepArgs[A],
  signal: AbortSignal,
): Promise<StepResult> {
  return executors[step.action](step, signal);
}

/** The node that a step is about; null when it is about the whole ring. */
export const nodeOfRingStep = (step: RingStep): NodeName | null => ("node" in step ? step.node : null);

/** One line for people: what the step will do. */
export function describeRingStep(step: RingStep): string {
  switch (step.action) {
    case "ensure-classic-entry":
      return `write ${step.entry.id} into exo/models.py on ${step.nodes.join(", ")}`;
    case "configure-exo":
      return `tell the agent on ${step.node} its peers (${step.settings.peers.length} in all)${forcedText(step.settings)}`;
    case "stop-exo":
      return `stop exo on ${step.node}: ${step.because}`;
    case "start-exo":
      return `start exo on ${step.node}`;
    case "await-ring":
      return `wait until all nodes agree on the ${step.ring}`;
    case "prove-ring":
      return `ask the ring through ${step.node}`;
    default:
      return step satisfies never;
  }
}

const forcedText = ({ forcedMemoryMb }: ClassicExoSettings): string =>
  forcedMemoryMb === undefined ? "" : ` and make it report ${forcedMemoryMb} MB to exo`;
