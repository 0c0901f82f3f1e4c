import type { ClusterView } from "../apply/cluster-access.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import type { ServingModel, Target } from "../route/serving-model.js";
import type { ModelRun } from "./model-run.js";
import { runsModel } from "./plan-model.js";

/** The instance of ours that a model is to be served by: the proven one, or the one that is on its way. */
export function instanceOf(run: ModelRun, view: ClusterView): DeployedInstance | undefined {
  const own = view.deployment.instances.filter((item) => item.owner === "ours" && runsModel(item, run.entry));
  return own.find((item) => item.id === run.provenInstance) ?? own[0];
}

/** Each desired model as the gateway serves it. Nothing is ready that was not observed ready and proven by an answer. */
export function servingModels(
  runs: readonly ModelRun[],
  aliases: Readonly<Record<string, string>>,
  view: ClusterView | undefined,
): readonly ServingModel[] {
  return runs.map((run) => {
    const names = Object.entries(aliases).flatMap(([alias, name]) => (name === run.entry.name ? [alias] : []));
    const common = { name: run.entry.name, aliases: names, contextTokens: run.entry.serve.context };
    const instance = view === undefined ? undefined : instanceOf(run, view);
    const ready = instance?.health.state === "ready" && instance.id === run.provenInstance;
    if (view === undefined || instance === undefined || !ready)
      return { ...common, ...waiting(run, instance), targets: [] };
    const targets = targetsOf(instance, view);
    return targets.length > 0
      ? { ...common, state: "ready", targets }
      : { ...common, state: "unavailable", reason: "no exo that runs it can be reached", targets };
  });
}

function waiting(
  run: ModelRun,
  instance: DeployedInstance | undefined,
): { readonly state: "loading" | "unavailable"; readonly reason: string } {
  if (run.trouble !== undefined) return { state: "unavailable", reason: run.trouble.message };
  if (instance === undefined) return { state: "loading", reason: "it is being placed" };
  const { health } = instance;
  if (health.state === "starting") return { state: "loading", reason: `it is ${health.phase}` };
  if (health.state === "ready") return { state: "loading", reason: "its answers are being checked" };
  return { state: "unavailable", reason: health.reason };
}

/** Any member's API takes requests for an instance; rank 0's comes first. */
function targetsOf(instance: DeployedInstance, view: ClusterView): readonly Target[] {
  return instance.stages.flatMap(({ node: name }) => {
    const node = view.inventory.nodes.find((candidate) => candidate.name === name);
    const address = node?.exo.value.address;
    if (node === undefined || address === undefined) return [];
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    return [
      {
        id: `${instance.id}@${node.name}`,
        baseUrl: `http://${host}:${address.port}`,
        upstreamModel: instance.modelId,
        ready: true,
        simulated: node.simulated,
      },
    ];
  });
}

/** Every name that a client may use. */
export const clientNames = (
  entries: readonly ModelEntry[],
  aliases: Readonly<Record<string, string>>,
): readonly string[] => [...entries.map((entry) => entry.name), ...Object.keys(aliases)];
