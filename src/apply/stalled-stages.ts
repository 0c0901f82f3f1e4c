import type { DeployedInstance, DeployedStage, Deployment } from "../inventory/deployment.js";

/**
 * The stages of a starting instance whose exo does nothing although nothing stands in its way. exo's worker decides ten times
 * a second, by rules that its state shows; one that stays behind them waits for a runner which will never answer.
 *
 * Connecting holds Python's lock, so that a runner can be kept from saying that it does: its worker, which waits for that
 * word without a deadline, then never starts, connects or stops a runner again (seen with 1.0.68 on a busy machine).
 */
export function stalledStages(instance: DeployedInstance, deployment: Deployment): readonly DeployedStage[] {
  if (instance.health.state !== "starting") return [];
  return [...withoutRunner(instance), ...withoutRing(instance, deployment)];
}

/** exo begins with its runner as soon as it hears of the instance, and notes that it has: that one shows later is its load. */
function withoutRunner({ stages }: DeployedInstance): readonly DeployedStage[] {
  const elsewhereBegun = stages.some(({ creations = 0 }) => creations > 0);
  return elsewhereBegun ? stages.filter(({ runner, creations = 0 }) => runner === "absent" && creations === 0) : [];
}

/**
 * Once every rank has a runner, all connect but the last, which waits for the others to say that they do. An exo that has not
 * heard yet where its model is has to look for that first.
 */
function withoutRing({ stages, modelId }: DeployedInstance, { downloads }: Deployment): readonly DeployedStage[] {
  if (stages.length < 2 || stages.some(({ runner }) => runner !== "idle" && runner !== "connecting")) return [];
  const lastIsDue = stages.slice(0, -1).every(({ runner }) => runner === "connecting");
  return stages.filter(
    (stage) =>
      stage.runner === "idle" &&
      (stage.rank < stages.length - 1 || lastIsDue) &&
      downloads.some((item) => item.node === stage.node && item.modelId === modelId && item.state === "completed"),
  );
}
