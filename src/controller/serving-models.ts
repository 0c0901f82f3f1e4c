import type { ClusterView } from "../apply/cluster-access.js";
import { isRunAs } from "../cluster/copy-entry.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import type { DeployedInstance } from "../inventory/deployment.js";
import type { ServingModel, Target } from "../route/serving-model.js";
import type { ModelRun } from "./model-run.js";

/** A copy counts when it is observed ready and has answered a question with a known answer. */
export const serves = (run: ModelRun, { id, health }: DeployedInstance): boolean =>
  health.state === "ready" && run.proven.has(id);

/** Our instances of a model: those that serve, then those that were proven once, then those on their way; each part by id. */
export function instancesOf(run: ModelRun, view: ClusterView): readonly DeployedInstance[] {
  const { model } = run;
  if (model === undefined) return [];
  const own = view.deployment.instances.filter((item) => item.owner === "ours" && isRunAs(model.entry, item.modelId));
  const rank = (item: DeployedInstance): number => (serves(run, item) ? 0 : run.proven.has(item.id) ? 1 : 2);
  return own.toSorted((left, right) => rank(left) - rank(right));
}

/** Each desired model as the gateway serves it, by all copies that serve. */
export function servingModels(
  runs: readonly ModelRun[],
  aliases: Readonly<Record<string, string>>,
  view: ClusterView | undefined,
): readonly ServingModel[] {
  return runs.map((run) => {
    const names = Object.entries(aliases).flatMap(([alias, name]) => (name === run.entry.name ? [alias] : []));
    const common = { name: run.entry.name, aliases: names, contextTokens: run.entry.serve.context };
    const instances = view === undefined ? [] : instancesOf(run, view);
    const serving = instances.filter((instance) => serves(run, instance));
    if (view === undefined || serving.length === 0) return { ...common, ...waiting(run, instances[0]), targets: [] };
    const targets = serving.flatMap((instance) => targetsOf(instance, view));
    return targets.length > 0
      ? { ...common, state: "ready", targets }
      : { ...common, state: "unavailable", reason: "no exo that runs it can be reached", targets };
  });
}

function waiting(run: ModelRun, instance: DeployedInstance | undefined): Waiting {
  if (run.trouble !== undefined) return { state: "unavailable", reason: run.trouble.message };
  return instance === undefined ? { state: "loading", reason: "it is being placed" } : waitingFor(instance);
}

interface Waiting {
  readonly state: "loading" | "unavailable";
  readonly reason: string;
}

/** Why an instance that does not serve does not. */
export function waitingFor({ health }: DeployedInstance): Waiting {
  if (health.state === "starting") return { state: "loading", reason: `it is ${health.phase}` };
  if (health.state === "ready") return { state: "loading", reason: "its answers are being checked" };
  return { state: "unavailable", reason: health.reason };
}

/** Any exo takes requests for an instance; those of its own nodes pass the answer on the shortest way, rank 0's first. */
function targetsOf(instance: DeployedInstance, view: ClusterView): readonly Target[] {
  return instance.stages.flatMap(({ node: name }) => {
    const node = view.inventory.nodes.find((candidate) => candidate.name === name);
    const address = node?.exo.value.address;
    if (node === undefined || address === undefined) return [];
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    return [
      {
        id: `${instance.id}@${node.name}`,
        copy: instance.id,
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
