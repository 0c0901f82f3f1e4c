import type { ClassicEntry } from "../../cluster/classic-entry.js";
import type { FaultCode } from "../../cluster/classic-finding.js";
import { type ClassicExoSettings, type ClassicPeerEntry, isPlainAddress } from "../../cluster/classic-launch.js";
import type { NodeName } from "../../cluster/names.js";
import { Problem } from "../../runtime/problem.js";
import type { TargetStage } from "../target.js";
import type { RingNode } from "./ring-view.js";

/** What shall run on a ring of exo 0.0.x. */
export interface RingTarget {
  /** Of the desired state. */
  readonly generation: number;
  /** The model as people call it. */
  readonly model: string;
  readonly entry: ClassicEntry;
  /** Faults of the circulating recipe that are no reason to stop. */
  readonly accepted: readonly FaultCode[];
  /** In ring order. */
  readonly stages: readonly TargetStage[];
  readonly settings: ReadonlyMap<NodeName, ClassicExoSettings>;
}

/**
 * What identifies a ring that was proven: the model and who runs which layers. A node that was restarted with the same settings
 * makes the same ring again.
 */
export const ringId = ({ entry, stages }: Pick<RingTarget, "entry" | "stages">): string =>
  `ring of ${entry.id}: ${stages.map(({ node, layers }) => `${node} ${layers.start}-${layers.end}`).join(", ")}`;

/** exo's own limit for an answer is far above the gateway's, since exo breaks HTTP when it is reached. */
const responseTimeoutSec = 3_600;

/**
 * The settings of each node of a ring. Peers get the memory that a node announces, the forced one where there is such: they go by
 * it for a moment after the node died, and any other value would give all layers new places just then.
 *
 * @throws Problem that names the node whose address is no use to its peers
 */
export function ringSettings(
  { entry, stages }: Pick<RingTarget, "entry" | "stages">,
  nodes: readonly RingNode[],
  forcedMb: ReadonlyMap<string, number> | undefined,
): ReadonlyMap<NodeName, ClassicExoSettings> {
  const members = stages.flatMap(({ node: name }) => nodes.filter((node) => node.name === name));
  refuseMixedLoopback(members);
  const peers = members
    .map((node) => peerEntry(node, forcedMb?.get(node.name)))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
  const settings = members.map(({ name }): [NodeName, ClassicExoSettings] => {
    const forced = forcedMb?.get(name);
    const common = { nodeId: name, peers, defaultModel: entry.id, repo: entry.repo, responseTimeoutSec };
    return [name, forced === undefined ? common : { ...common, forcedMemoryMb: forced }];
  });
  return new Map(settings);
}

function peerEntry({ name, address, hardware, report }: RingNode, forcedMb: number | undefined): ClassicPeerEntry {
  if (address === undefined || !isPlainAddress(address)) throw badAddress(name, address);
  if (report === undefined) throw new Error(`${name} is planned for and has not said how it starts exo`);
  return {
    id: name,
    address,
    port: report.nodePort,
    model: plainLabel(hardware?.modelIdentifier),
    chip: plainLabel(hardware?.chip),
    memoryMb: forcedMb ?? report.memoryMb,
  };
}

const plainLabel = (text = ""): string => text.replace(/[^\w .,()/+-]/g, "").slice(0, 80);

const badAddress = (name: string, address: string | undefined): Problem =>
  new Problem(
    "failed",
    "classic_address",
    `${name} is reached at ${address ?? "an unknown address"}, and exo 0.0.x needs a plain IP address for its peers`,
    `Name its IP address under discovery.hosts.`,
  );

const isLoopback = (address = ""): boolean => address.startsWith("127.") || address === "::1";

function refuseMixedLoopback(members: readonly RingNode[]): void {
  const local = members.find(({ address }) => isLoopback(address));
  if (local === undefined || members.every(({ address }) => isLoopback(address))) return;
  throw new Problem(
    "failed",
    "classic_address",
    `${local.name} is reached at ${local.address}, where the other machines can't reach it`,
    `Name its address in the cluster's network under discovery.hosts.`,
  );
}
