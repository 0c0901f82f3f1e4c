import type { ModelId, NodeName } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { InstanceSpec } from "./exo-control.js";

/** Every action that `apply` can take, with what it needs. A new one does not compile until it can run. */
export interface StepArgs {
  /** exo downloads the weights under their own id; the entry's folder will be a link to them. */
  readonly "download-weights": { readonly node: NodeName };
  /** Agents copy the weights to these nodes: from this one only, or from all that have them. */
  readonly "sync-weights": { readonly nodes: readonly NodeName[]; readonly from?: NodeName };
  readonly "ensure-entry": { readonly node: NodeName; readonly entry: EntrySpec };
  /** Makes this exo read its folders again, until it lists the entry. */
  readonly rescan: { readonly node: NodeName; readonly modelId: ModelId };
  readonly "delete-instance": { readonly instanceId: string; readonly because: string };
  /** The agent stops and starts the exo that it runs. */
  readonly "restart-exo": { readonly node: NodeName; readonly because: string };
  /** `node`: whose API takes the command. */
  readonly "create-instance": { readonly node: NodeName; readonly instance: InstanceSpec };
  readonly "await-ready": { readonly instanceId: string };
  /** `node`: whose API is asked. */
  readonly prove: { readonly node: NodeName; readonly instanceId: string };
}

export type StepAction = keyof StepArgs;
export type StepOf<A extends StepAction> = { readonly action: A } & StepArgs[A];
export type Step = { [A in StepAction]: StepOf<A> }[StepAction];

/** What a step did. `effect` says whether the cluster is different now. */
export interface StepResult {
  readonly outcome: string;
  readonly effect: "changed" | "none";
}

/** One executor per action. */
export type Executors = { readonly [A in StepAction]: (args: StepArgs[A], signal: AbortSignal) => Promise<StepResult> };

/** Runs a step by the table. */
export function runStep<A extends StepAction>(
  executors: Executors,
  step: StepOf<A>,
  signal: AbortSignal,
): Promise<StepResult> {
  return executors[step.action](step, signal);
}

/** The node that a step is about; null when it is about several or the whole cluster. */
export const nodeOfStep = (step: Step): NodeName | null => {
  switch (step.action) {
    case "download-weights":
    case "ensure-entry":
    case "rescan":
    case "restart-exo":
      return step.node;
    case "sync-weights":
      return step.nodes.length === 1 ? (step.nodes[0] ?? null) : null;
    default:
      return null;
  }
};

/** One line for people: what the step will do. */
export function describeStep(step: Step): string {
  switch (step.action) {
    case "download-weights":
      return `let exo on ${step.node} download the weights`;
    case "sync-weights":
      return `copy the weights to ${step.nodes.join(", ")} from ${step.from ?? "the nodes that have them"}`;
    case "ensure-entry":
      return `write the registry entry ${step.entry.modelId} on ${step.node} and link its weights`;
    case "rescan":
      return `make exo on ${step.node} read its registry again and list ${step.modelId}`;
    case "delete-instance":
      return `delete instance ${step.instanceId}: ${step.because}`;
    case "restart-exo":
      return `start exo on ${step.node} again: ${step.because}`;
    case "create-instance":
      return `create instance ${step.instance.instanceId} with ${shardsText(step.instance)}`;
    case "await-ready":
      return `wait until instance ${step.instanceId} is ready`;
    case "prove":
      return `ask instance ${step.instanceId} a question with a known answer`;
    default:
      return step satisfies never;
  }
}

const shardsText = ({ sharding, shards }: InstanceSpec): string =>
  sharding === "tensor"
    ? `all layers split over ${shards.length} nodes, over RDMA`
    : `layers ${shards.map(({ layers }) => `${layers.start}-${layers.end}`).join(", ")}`;
