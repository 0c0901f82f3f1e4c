import type { DeployedInstance, DeployedStage } from "../inventory/deployment.js";
import { Problem } from "../runtime/problem.js";
import { StuckExoProblem } from "./stuck-exo.js";

const logHint = "see exo's log on the node of that rank";

/** The instance has vanished from exo's state. */
export const instanceGone = (instanceId: string): Problem =>
  new Problem(
    "failed",
    "instance_gone",
    `exo has dropped instance ${instanceId} before it was ready`,
    "a node of it may have left, or its runners failed too often; see exo's logs",
  );

/** @param reason in exo's words */
export const instanceFailed = (instanceId: string, reason: string): Problem =>
  new Problem("failed", "instance_failed", `instance ${instanceId} failed: ${reason}`, logHint);

export const notWarmedUp = (instance: DeployedInstance, tookMs: number): Problem =>
  new Problem(
    "failed",
    "warm_up_stuck",
    `instance ${instance.id} has not warmed up within ${seconds(tookMs)}: ${stagesText(instance)}`,
    logHint,
  );

/** Nothing of it has moved, and that is no single exo's fault. */
export function noProgress(instance: DeployedInstance, silentMs: number): Problem {
  const why = instance.health.state === "unknown" ? ` (${instance.health.reason})` : "";
  return new Problem(
    "failed",
    "load_stuck",
    `instance ${instance.id} has made no progress for ${seconds(silentMs)}: ${stagesText(instance)}${why}`,
    "weights on a slow disk, or a node short of memory; see exo's logs",
  );
}

/** Some exos do nothing for it. @param idle their stages */
export function exosStuck(
  instance: DeployedInstance,
  idle: readonly DeployedStage[],
  silentMs: number,
): StuckExoProblem {
  const names = idle.map(nameOf).join(" and ");
  const has = idle.some(({ runner }) => runner === "absent") ? "started no runner" : "not begun to connect";
  return new StuckExoProblem(
    idle.flatMap(({ node }) => node ?? []),
    `exo on ${names} has ${has} for instance ${instance.id} within ${seconds(silentMs)}: ${stagesText(instance)}`,
    `exo on ${names} may wait for a runner that never answers, now or since an earlier start: restart it there`,
  );
}

/** Names the links of the ring at which somebody still waits. */
export function notConnected(instance: DeployedInstance, tookMs: number): Problem {
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
