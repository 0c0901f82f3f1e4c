import type { DeployedInstance, Deployment } from "../inventory/deployment.js";
import type { Problem } from "../runtime/problem.js";
import type { ApplyTimings } from "./apply-settings.js";
import { stalledStages } from "./stalled-stages.js";
import { exosStuck, instanceFailed, instanceGone, noProgress, notConnected, notWarmedUp } from "./start-problems.js";

/** What a wait for an instance has seen so far. */
export interface StartWatch {
  /** Everything that counts as progress, as one text. */
  readonly signature: string;
  readonly progressAt: number;
  readonly phase: string;
  readonly phaseAt: number;
  /** Since when its health has been unknown without a break; absent while it is known. */
  readonly unknownAt?: number;
}

export type StartVerdict =
  | { readonly kind: "ready" }
  | { readonly kind: "wait"; readonly watch: StartWatch }
  | { readonly kind: "failed"; readonly problem: Problem };

/**
 * Judges a starting instance by one more look at it. Rings have to form and warm-ups to end in a fixed time; everything
 * else may take as long as it likes while it moves.
 */
export function watchStart(
  before: StartWatch | undefined,
  instanceId: string,
  deployment: Deployment,
  timings: ApplyTimings,
  now: number,
): StartVerdict {
  const instance = deployment.instances.find((candidate) => candidate.id === instanceId);
  if (instance === undefined) return { kind: "failed", problem: instanceGone(instanceId) };
  const { health } = instance;
  if (health.state === "ready") return { kind: "ready" };
  if (health.state === "failed") return { kind: "failed", problem: instanceFailed(instanceId, health.reason) };
  const watch = look(before, instance, deployment, now);
  const problem = overdue(watch, instance, deployment, timings, now);
  return problem === undefined ? { kind: "wait", watch } : { kind: "failed", problem };
}

function look(
  before: StartWatch | undefined,
  instance: DeployedInstance,
  deployment: Deployment,
  now: number,
): StartWatch {
  const unknown = instance.health.state === "unknown";
  // A node whose report is late makes everything unknown for a moment: no phase ends, and none begins anew, with that.
  const phase = unknown ? (before?.phase ?? "unknown") : phaseOf(instance);
  const nodes = new Set(instance.stages.map((stage) => stage.node));
  const downloads = deployment.downloads.filter((item) => item.modelId === instance.modelId && nodes.has(item.node));
  const signature = JSON.stringify([
    instance.stages.map((stage) => [stage.runner, stage.progress?.layersLoaded]),
    downloads.map((download) => [download.node, download.state, download.downloadedBytes]),
  ]);
  return {
    signature,
    progressAt: before?.signature === signature ? before.progressAt : now,
    phase,
    phaseAt: before?.phase === phase ? before.phaseAt : now,
    ...(unknown ? { unknownAt: before?.unknownAt ?? now } : {}),
  };
}

/**
 * Rank 0 warms up last, so the others are still `loaded`: both are one phase. A ring forms once one runner connects, whatever
 * the others say of themselves: waiting for its neighbour can keep a runner from reporting that it does (seen with 1.0.68).
 */
function phaseOf({ health, stages }: DeployedInstance): string {
  if (health.state !== "starting") return health.state;
  if (health.phase === "preparing" && stages.some((stage) => stage.runner === "connecting")) return "connecting";
  return health.phase === "loaded" ? "warming-up" : health.phase;
}

function overdue(
  watch: StartWatch,
  instance: DeployedInstance,
  deployment: Deployment,
  timings: ApplyTimings,
  now: number,
): Problem | undefined {
  const inPhaseMs = now - watch.phaseAt;
  const silentMs = now - watch.progressAt;
  const unknownMs = now - (watch.unknownAt ?? now);
  if (unknownMs > timings.noProgressMs) return noProgress(instance, unknownMs);
  const stalled = silentMs > timings.stallMs ? stalledStages(instance, deployment) : [];
  if (stalled.length > 0) return exosStuck(instance, stalled, silentMs);
  if (watch.phase === "connecting")
    return inPhaseMs > timings.connectMs ? notConnected(instance, inPhaseMs) : undefined;
  if (watch.phase === "warming-up") return inPhaseMs > timings.warmUpMs ? notWarmedUp(instance, inPhaseMs) : undefined;
  if (silentMs <= timings.noProgressMs) return undefined;
  const absent = instance.stages.filter((stage) => stage.runner === "absent");
  const someAreThere = absent.length < instance.stages.length;
  return watch.phase === "preparing" && absent.length > 0 && someAreThere
    ? exosStuck(instance, absent, silentMs)
    : noProgress(instance, silentMs);
}
