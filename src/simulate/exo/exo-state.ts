import type { ModelCard, RunnerStatus, Size, TaggedDownload, TaggedInstance, TaggedTask } from "./exo-types.js";
import type { SimulatedVariant } from "./simulated-variant.js";

/** A directed connection in exo's topology. Untagged in exo's answers. */
export type Edge =
  | {
      readonly sinkMultiaddr: {
        readonly address: string;
        readonly address_type: "ip4";
        readonly ip_address: string;
        readonly port: number;
      };
    }
  | { readonly sourceRdmaIface: string; readonly sinkRdmaIface: string };

export interface Topology {
  readonly nodes: readonly string[];
  readonly connections: Readonly<Record<string, Readonly<Record<string, readonly Edge[]>>>>;
}

export interface NodeMemory {
  readonly ramTotal: Size;
  readonly ramAvailable: Size;
  readonly swapTotal: Size;
  readonly swapAvailable: Size;
}

export interface NodeNetwork {
  readonly interfaces: readonly { readonly name: string; readonly ipAddress: string; readonly interfaceType: string }[];
}

type ByNode<T> = Readonly<Record<string, T>>;

/** exo's whole state in the words and the order in which `GET /state` prints it. */
export interface ExoStateDocument {
  readonly instances: Readonly<Record<string, TaggedInstance>>;
  readonly runners: Readonly<Record<string, RunnerStatus>>;
  readonly downloads: ByNode<readonly TaggedDownload[]>;
  readonly tasks: Readonly<Record<string, TaggedTask>>;
  readonly lastSeen: ByNode<string>;
  readonly topology: Topology;
  readonly lastEventAppliedIdx: number;
  readonly nodeIdentities: ByNode<Readonly<Record<string, string>>>;
  readonly nodeMemory: ByNode<NodeMemory>;
  readonly nodeDisk: ByNode<unknown>;
  readonly nodeSystem: ByNode<unknown>;
  readonly nodeNetwork: ByNode<NodeNetwork>;
  readonly nodeThunderbolt: ByNode<{ readonly interfaces: readonly ThunderboltPort[] }>;
  readonly nodeThunderboltBridge: ByNode<unknown>;
  readonly nodeRdmaCtl: ByNode<{ readonly enabled: boolean }>;
  readonly thunderboltBridgeCycles: readonly (readonly string[])[];
  /** The rest exists in the newer variant only. */
  readonly nodeBackends?: ByNode<readonly string[]>;
  readonly instanceLinks?: Readonly<Record<string, unknown>>;
  readonly prefillServerPorts?: Readonly<Record<string, number>>;
  readonly customModelCards?: Readonly<Record<string, ModelCard>>;
}

export interface ThunderboltPort {
  readonly rdmaInterface: string;
  readonly domainUuid: string;
  readonly linkSpeed: string;
}

/** The state before any event: what every node falls back to when a new master is elected. */
export function emptyState(variant: SimulatedVariant): ExoStateDocument {
  return {
    instances: {},
    runners: {},
    downloads: {},
    tasks: {},
    lastSeen: {},
    topology: { nodes: [], connections: {} },
    lastEventAppliedIdx: -1,
    nodeIdentities: {},
    nodeMemory: {},
    nodeDisk: {},
    nodeSystem: {},
    nodeNetwork: {},
    nodeThunderbolt: {},
    nodeThunderboltBridge: {},
    nodeRdmaCtl: {},
    thunderboltBridgeCycles: [],
    ...(variant === "newer"
      ? { nodeBackends: {}, instanceLinks: {}, prefillServerPorts: {}, customModelCards: {} }
      : {}),
  };
}
