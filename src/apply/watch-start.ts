import type { DeployedInstance, DeployedStage, Deployment } from "../inventory/deployment.js";
import { Problem } from "../runtime/problem.js";
import type { ApplyTimings } from "./apply-settings.js";
import { StuckExoProblem } from "./stuck-exo.js";

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
  if (instance === undefined)
    return failed("instance_gone", `exo has dropped instance ${instanceId} before it was ready`, goneHint);
  const { health } = instance;
  if (health.state === "ready") return { kind: "ready" };
  if (health.state === "failed")
    return failed("instance_failed", `instance ${instanceId} failed: ${health.reason}`, logHint);
  const watch = look(before, instance, deployment, now);
  const problem = overdue(watch, instance, timings, now);
  return problem === undefined ? { kind: "wait", watch } : { kind: "failed", problem };
}

const goneHint = "a node of it may have left, or its runners failed too often; see exo's logs";
const logHint = "see exo's log on the node of that rank";

const failed = (code: string, message: string, hint: string): StartVerdict => ({
  kind: "failed",
  problem: new Problem("failed", code, message, hint),
});

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
  timings: ApplyTimings,
  now: number,
): Problem | undefined {
  const inPhaseMs = now - watch.phaseAt;
  const silentMs = now - watch.progressAt;
  const unknownMs = now - (watch.unknownAt ?? now);
  if (unknownMs > timings.noProgressMs) return stuck(instance, unknownMs);
  if (watch.phase === "connecting" && inPhaseMs > timings.connectMs) return notConnected(instance, inPhaseMs);
  if (watch.phase === "warming-up") {
    if (inPhaseMs <= timings.warmUpMs) return undefined;
    const words = `instance ${instance.id} has not warmed up within ${seconds(inPhaseMs)}: ${stagesText(instance)}`;
    return new Problem("failed", "warm_up_stuck", words, logHint);
  }
  if (watch.phase === "connecting" || silentMs <= timings.noProgressMs) return undefined;
  const absent = instance.stages.filter((stage) => stage.runner === "absent");
  if (watch.phase === "preparing" && absent.length > 0 && absent.length < instance.stages.length)
    return notStarted(instance, absent, silentMs);
  return stuck(instance, silentMs);
}

function stuck(instance: DeployedInstance, silentMs: number): Problem {
  const why = instance.health.state === "unknown" ? ` (${instance.health.reason})` : "";
  const words = `instance ${instance.id} has made no progress for ${seconds(silentMs)}: ${stagesText(instance)}${why}`;
  return new Problem(
    "failed",
    "load_stuck",
    words,
    "weights on a slow disk, or a node short of memory; see exo's logs",
  );
}

/**
 * exo's worker does one thing after the other, without deadlines: one that waits for a runner which never answered starts no
 * other runner, until exo is started again (seen with 1.0.68).
 */
function notStarted(instance: DeployedInstance, absent: readonly DeployedStage[], silentMs: number): Problem {
  const names = absent.map(nameOf).join(" and ");
  return new StuckExoProblem(
    absent.flatMap(({ node }) => node ?? []),
    `exo on ${names} has started no runner for instance ${instance.id} within ${seconds(silentMs)}: ${stagesText(instance)}`,
    `exo on ${names} may be stuck since an earlier start that failed: restart it there`,
  );
}

/** Names the links of the ring at which somebody still waits. */
function notConnected(instance: DeployedInstance, tookMs: number): Problem {
  const { stages } = instance;
  const waiting = stages.filter((stage) => stage.runner === "connecting");
  const pairs = waiting.map((stage) => {
    const next = stages[(stage.rank + 1) % stages.length];
    return `${nameOf(stage)} and ${next === undefined ? "nobody" : nameOf(next)}`;
  });
  return new Problem(
    "failed",
    "ring_not_connected",
    `the ring is not connected after ${seconds(tookMs)} between ${pairs.join(", ") || "its nodes"}: ${stagesText(instance)}`,
    "a firewall on one of them may refuse incoming connections, or the link between them is down",
  );
}

const nameOf = (stage: DeployedStage): string => stage.node ?? `rank ${stage.rank}`;

const stagesText = (instance: DeployedInstance): string =>
  instance.stages
    .map((stage) => {
      const { progress } = stage;
      const layers = progress === undefined ? "" : ` ${progress.layersLoaded} of ${progress.totalLayers} layers`;
      return `${nameOf(stage)} is ${stage.runner}${layers}`;
    })
    .join(", ");

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;
