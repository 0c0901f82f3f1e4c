import type { RingAccess, RingNode, RingView } from "../apply/classic/ring-view.js";
import type { NodeName } from "../cluster/names.js";
import type { ClassicExoApi, ClassicPeer } from "../inventory/classic-exo.js";
import type { ExoAddress } from "../inventory/exo-state.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import { patienceMs } from "./ask-around.js";
import type { Fleet, FleetNode } from "./fleet.js";

/** Connections to one exo 0.0.x: the API for clients, and the service for its peers. */
export interface ClassicConnection {
  readonly api: ClassicExoApi;
  readonly peer: ClassicPeer;
}

export type ConnectClassic = (api: ExoAddress, peer: ExoAddress) => ClassicConnection;

/** Looks at all machines with an exo 0.0.x. */
export interface ClassicEyes extends RingAccess {
  /** As they were seen last. */
  readonly last: () => RingView;
  /** Looks with what the agents have said last, without asking them anew about their machines. */
  glance(signal: AbortSignal): Promise<void>;
  /** Undefined while no exo 0.0.x was seen there. */
  peer(node: NodeName): ClassicPeer | undefined;
  close: Close;
}

interface Kept extends ClassicConnection {
  readonly key: string;
}

export interface ClassicEyesDeps {
  readonly fleet: Fleet;
  readonly connect: ConnectClassic;
}

export function createClassicEyes({ fleet, connect }: ClassicEyesDeps): ClassicEyes {
  const kept = new Map<NodeName, Kept>();
  let last: RingView = { nodes: [] };

  const connectionTo = async (name: NodeName, api: ExoAddress, peer: ExoAddress): Promise<Kept> => {
    const key = `${api.host} ${api.port} ${peer.port}`;
    const before = kept.get(name);
    if (before?.key === key) return before;
    await before?.api.close();
    await before?.peer.close();
    const opened = { key, ...connect(api, peer) };
    kept.set(name, opened);
    return opened;
  };
  const look = async (node: FleetNode, ids: readonly string[], signal: AbortSignal): Promise<RingNode> => {
    const { member, link, report: told, address, trouble } = node;
    const base = {
      name: member.name,
      simulated: told?.value.simulated ?? false,
      ...(address === undefined ? {} : { address: address.host }),
      ...(told === undefined ? {} : { hardware: told.value.hardware, exo: told.value.exo }),
    };
    if (link === undefined) return { ...base, trouble: trouble ?? "its agent has not answered yet" };
    try {
      const [report, registry] = await Promise.all([
        link.classicExo.describe(signal),
        ids.length === 0 ? undefined : link.classic.describe(ids, signal),
      ]);
      const described = { ...base, report, ...(registry === undefined ? {} : { registry }) };
      if (address === undefined || told === undefined || told.value.exo.state !== "running") return described;
      const { host } = address;
      const { api } = await connectionTo(
        member.name,
        { host, port: told.value.exo.apiPort },
        { host, port: report.nodePort },
      );
      return { ...described, ...(await askExo(api, signal)) };
    } catch (error) {
      signal.throwIfAborted();
      return { ...base, trouble: error instanceof Error ? error.message : String(error) };
    }
  };
  const lookAll = async (ids: readonly string[], signal: AbortSignal): Promise<RingView> => {
    const soon = AbortSignal.any([signal, AbortSignal.timeout(patienceMs)]);
    const classic = fleet.nodes().filter(isClassic);
    const nodes = await Promise.all(classic.map((node) => lookOr(node, () => look(node, ids, soon))));
    signal.throwIfAborted();
    last = { nodes };
    return last;
  };
  return {
    observe: async (ids, signal) => {
      await fleet.refresh(signal);
      return await lookAll(ids, signal);
    },
    glance: async (signal) => void (await lookAll([], signal)),
    last: () => last,
    agent: (name) => fleet.nodes().find(({ member }) => member.name === name)?.link,
    api: (name) => kept.get(name)?.api,
    peer: (name) => kept.get(name)?.peer,
    close: async () => {
      const closers = [...kept.values()].flatMap(({ api, peer }) => [() => api.close(), () => peer.close()]);
      kept.clear();
      await closeAll(closers)();
    },
  };
}

const isClassic = ({ report }: FleetNode): boolean => report?.value.exo.generation === "classic";

/** One that is slow delays nobody longer than our patience. */
async function lookOr({ member, report }: FleetNode, look: () => Promise<RingNode>): Promise<RingNode> {
  return await look().catch(() => ({
    name: member.name,
    simulated: report?.value.simulated ?? false,
    ...(report === undefined ? {} : { hardware: report.value.hardware, exo: report.value.exo }),
    trouble: "it did not answer in time",
  }));
}

/** What its exo answers. One that does not answer says nothing; why, the ring's judgement finds out. */
async function askExo(api: ClassicExoApi, signal: AbortSignal): Promise<Pick<RingNode, "topology" | "models">> {
  const [topology, models] = await Promise.allSettled([api.topology(signal), api.models(signal)]);
  return {
    ...(topology.status === "fulfilled" ? { topology: topology.value } : {}),
    ...(models.status === "fulfilled" ? { models: models.value } : {}),
  };
}
