import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import type { NodeName } from "../cluster/names.js";
import type { RegistryReport } from "../cluster/registry-report.js";
import { buildInventory } from "../inventory/build-inventory.js";
import { classicInventory } from "../inventory/classic-readiness.js";
import { buildDeployment } from "../inventory/deployment.js";
import type { ExoAddress, ExoListedModel } from "../inventory/exo-state.js";
import type { AgentFacts } from "../inventory/exo-view.js";
import type { Inventory } from "../inventory/inventory.js";
import type { Clock } from "../runtime/clock.js";
import { patienceMs } from "./ask-around.js";
import type { ExoViews } from "./exo-views.js";
import type { Fleet, FleetNode } from "./fleet.js";
import { furtherExos } from "./further-exos.js";
import { isWaiting } from "./state-store.js";

/** What the controller puts together to see the whole cluster. */
export interface ClusterAccessDeps {
  readonly clusterId: string;
  readonly fleet: Fleet;
  readonly exos: ExoViews;
  /** Exos that were named by the admin and need no agent. */
  readonly exoHosts: readonly ExoAddress[];
  readonly cordoned: () => ReadonlySet<string>;
  /** Whether this is a cluster of exo 0.0.x, whose nodes are ready by other rules. */
  readonly generation: () => "modern" | "classic";
  readonly clock: Clock;
  /** Called with each new view, so that everything else can show the newest one. */
  readonly onView: (view: ClusterView) => void;
}

/**
 * The cluster as seen through agents and exos. Looks are made one after the other: each starts after it was asked for, so that
 * whoever asks after an action sees its effect.
 */
export function createClusterAccess(deps: ClusterAccessDeps): ClusterAccess {
  let inventory: Inventory | undefined;
  let last: Promise<unknown> = Promise.resolve();
  const look = async (signal: AbortSignal): Promise<ClusterView> => {
    const view = await observe(deps, signal);
    inventory = view.inventory;
    deps.onView(view);
    return view;
  };
  return {
    observe: (signal) => {
      const next = last.then(() => look(signal));
      last = next.catch(() => undefined); // its caller hears of the failure; the next look only waits for the end
      return next;
    },
    agent: (node) => deps.fleet.nodes().find(({ member }) => member.name === node)?.link,
    exo: (node) => {
      const address = inventory?.nodes.find((candidate) => candidate.name === node)?.exo.value.address;
      return address === undefined ? undefined : deps.exos.connection(address);
    },
  };
}

async function observe(deps: ClusterAccessDeps, signal: AbortSignal): Promise<ClusterView> {
  await deps.fleet.refresh(signal);
  const fleet = deps.fleet.nodes();
  const named = deps.exoHosts;
  await deps.exos.refresh([...fleet.flatMap(exoAddress), ...named, ...furtherExos(deps.exos.views(), named)], signal);
  const now = deps.clock.now();
  const views = deps.exos.views();
  const agents = fleet.flatMap(agentFacts);
  const built = buildInventory({ now, agents, views, cordoned: deps.cordoned() });
  const known =
    deps.generation() === "modern" ? built : { ...built, inventory: classicInventory(built.inventory, agents, now) };
  const { clusterId } = deps;
  const soon = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
  const [registries, listed] = await Promise.all([
    readRegistries(fleet, soon),
    readListings(known.inventory, deps.exos, soon),
  ]);
  signal.throwIfAborted();
  return {
    inventory: known.inventory,
    deployment: buildDeployment({ now, clusterId, views, nameOf: known.nameOf }),
    registries,
    listed,
  };
}

/** The agent tells the port; the host is where the agent itself answers. */
function exoAddress({ member, report, address }: FleetNode): ExoAddress[] {
  if (isWaiting(member)) return [];
  if (report === undefined || address === undefined || report.value.exo.state !== "running") return [];
  if (report.value.exo.generation === "classic") return [];
  return [{ host: address.host, port: report.value.exo.apiPort }];
}

function agentFacts({ member, report, address, trouble }: FleetNode): AgentFacts[] {
  if (report === undefined || isWaiting(member)) return [];
  return [
    {
      name: member.name,
      report,
      ...(address === undefined ? {} : { host: address.host }),
      ...(trouble === undefined ? {} : { trouble }),
    },
  ];
}

/** What answers in time; the others are left out. */
async function answered<K, V>(entries: readonly (readonly [K, Promise<V>])[]): Promise<Map<K, V>> {
  const results = await Promise.allSettled(entries.map(async ([key, value]) => [key, await value] as const));
  return new Map(results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : [])));
}

const readRegistries = (fleet: readonly FleetNode[], signal: AbortSignal): Promise<Map<NodeName, RegistryReport>> =>
  answered(
    fleet.flatMap(({ member, link }) =>
      link === undefined ? [] : [[member.name, link.describeRegistry(signal)] as const],
    ),
  );

const readListings = (
  inventory: Inventory,
  exos: ExoViews,
  signal: AbortSignal,
): Promise<Map<NodeName, readonly ExoListedModel[]>> =>
  answered(
    inventory.nodes.flatMap(({ name, exo }) => {
      const connection = exo.value.address === undefined ? undefined : exos.connection(exo.value.address);
      return connection === undefined ? [] : [[name, connection.models(signal)] as const];
    }),
  );
