import type { HostPort } from "../../config/host-port.js";
import type { FoundBy } from "./exo-hints.js";
import type { ToldInterface } from "./exo-probe.js";
import type { FoundExo, FoundNamespace, Transport } from "./found-exo.js";

/** A `FoundExo` in the making. */
export interface ExoDraft {
  name?: string;
  readonly generation: FoundExo["generation"];
  transport?: Transport;
  variant?: string;
  nodeId?: string;
  readonly api: HostPort[];
  readonly addresses: Set<string>;
  interfaces: readonly ToldInterface[];
  namespace?: FoundNamespace;
  readonly udpPorts: Set<number>;
  readonly endpoints: HostPort[];
  members?: readonly string[];
  reached: readonly string[];
  readonly foundBy: Set<FoundBy>;
}

export const newDraft = (generation: FoundExo["generation"], nodeId?: string): ExoDraft => ({
  generation,
  ...(nodeId === undefined ? {} : { nodeId }),
  api: [],
  addresses: new Set(),
  interfaces: [],
  udpPorts: new Set(),
  endpoints: [],
  reached: [],
  foundBy: new Set(),
});

export const isLoopback = (host: string): boolean => host.startsWith("127.") || host === "::1" || host === "localhost";

/** A cable between two machines, or this machine alone: not what others would reach it by. */
const rankOf = (host: string): number => (isLoopback(host) ? 2 : host.startsWith("169.254.") ? 1 : 0);

/** Ids of libp2p and zenoh are long; their ends tell them apart. */
const shortId = (id: string): string => (id.length <= 20 ? id : `${id.slice(0, 6)}…${id.slice(-6)}`);

export function finishDraft(draft: ExoDraft): FoundExo {
  const { name, udpPorts, addresses, foundBy, ...rest } = draft;
  const api = draft.api.toSorted((left, right) => rankOf(left.host) - rankOf(right.host));
  const own = draft.generation === "0.0.x" ? draft.nodeId : undefined;
  const where = api[0]?.host ?? [...addresses][0];
  return {
    ...rest,
    api,
    name: name ?? own ?? where ?? (draft.nodeId === undefined ? "exo" : shortId(draft.nodeId)),
    udpPorts: [...udpPorts].toSorted((left, right) => left - right),
    addresses: [...addresses],
    foundBy: [...foundBy],
  };
}
