import type { NodeName } from "../cluster/names.js";
import type { DeployedDownload } from "../inventory/deployment.js";
import { Problem } from "../runtime/problem.js";
import { notListed } from "./apply-problems.js";
import type { ClusterView } from "./cluster-access.js";
import { agentOf, exoOf, nodeIn, type StepContext } from "./step-context.js";
import type { Executors, StepResult } from "./steps.js";
import { syncWeights } from "./sync-weights.js";
import { entryToDownload } from "./target.js";

/** Executors of everything that prepares a node's registry and weights. */
export function registryExecutors(
  context: StepContext,
): Pick<Executors, "download-weights" | "sync-weights" | "ensure-entry" | "rescan"> {
  return {
    "download-weights": ({ node }, signal) => downloadWeights(context, node, signal),
    "sync-weights": (args, signal) => syncWeights(context, args, signal),
    "ensure-entry": async ({ node, entry: wanted }, signal) => {
      const { entry, weights } = await agentOf(context, node).ensureEntry(wanted, signal);
      const changed = entry !== "unchanged" || weights === "linked";
      return { outcome: `entry ${entry}, weights ${weights}`, effect: changed ? "changed" : "none" };
    },
    rescan: async ({ node, modelId }, signal) => {
      const answer = await exoOf(context, node).rescan(modelId, signal);
      if (answer === "unknown") throw notListed(modelId, node);
      return { outcome: "listed", effect: "none" };
    },
  };
}

async function downloadWeights(context: StepContext, node: NodeName, signal: AbortSignal): Promise<StepResult> {
  const { access, clock, timings } = context;
  const model = entryToDownload(context.target);
  const first = await access.observe(signal);
  const { nodeId, variant } = nodeIn(first, node)?.exo.value ?? {};
  if (nodeId === undefined || variant === undefined) {
    throw new Problem(
      "unreachable",
      "exo_unreachable",
      `exo on ${node} does not answer, so it cannot download ${model.modelId}`,
    );
  }
  await exoOf(context, node).startDownload(nodeId, model, variant, signal);
  let [progressAt, before] = [clock.now(), ""];
  for (;;) {
    const view = await access.observe(signal);
    const download = view.deployment.downloads.find((item) => item.node === node && item.modelId === model.modelId);
    if (hasWeights(view, node, model.modelId) || download?.state === "completed") {
      return { outcome: `downloaded ${model.modelId}`, effect: "changed" };
    }
    if (download?.state === "failed") throw downloadFailed(node, model.modelId, download);
    const now = JSON.stringify([download?.state, download?.downloadedBytes]);
    if (now !== before) [progressAt, before] = [clock.now(), now];
    if (clock.now() - progressAt > timings.noProgressMs)
      throw downloadStuck(node, model.modelId, download, timings.noProgressMs);
    context.report({
      kind: "downloading",
      node,
      modelId: model.modelId,
      downloadedBytes: download?.downloadedBytes ?? 0,
      totalBytes: download?.totalBytes,
    });
    await clock.sleep(timings.pollMs, signal);
  }
}

const hasWeights = (view: ClusterView, node: NodeName, modelId: string): boolean =>
  view.registries.get(node)?.models.some((model) => model.modelId === modelId && model.complete) === true;

const downloadFailed = (node: NodeName, modelId: string, download: DeployedDownload): Problem =>
  new Problem(
    "failed",
    "download_failed",
    `exo on ${node} could not download ${modelId}: ${download.error ?? "it gives no reason"}`,
    "check that node's way to the internet and its free disk; exo does not try again by itself until it is restarted",
  );

const downloadStuck = (node: NodeName, modelId: string, download: DeployedDownload | undefined, ms: number): Problem =>
  new Problem(
    "failed",
    "download_stuck",
    `the download of ${modelId} on ${node} ${download === undefined ? "has not begun" : "has made no progress"} for ${Math.round(ms / 1000)} s`,
    `exo may run there with --no-downloads, or offline; put the model's folder on ${node} by hand, then apply again`,
  );
