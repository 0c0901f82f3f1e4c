import { addNode, replaceRdmaEdges } from "./edit-topology.js";
import type { Connection, GatheredInfo } from "./exo-events.js";
import type { ExoStateDocument } from "./exo-state.js";

const unknownIdentity = {
  modelId: "Unknown",
  chipId: "Unknown",
  friendlyName: "Unknown",
  osVersion: "Unknown",
  osBuildVersion: "Unknown",
};

function rdmaConnections(
  state: ExoStateDocument,
  source: string,
  conns: readonly { readonly sourceUuid: string; readonly sinkUuid: string }[],
): Connection[] {
  const ports = new Map(
    Object.entries(state.nodeThunderbolt).flatMap(([node, { interfaces }]) =>
      interfaces.map((port) => [port.domainUuid, { node, name: port.rdmaInterface }] as const),
    ),
  );
  return conns.flatMap(({ sourceUuid, sinkUuid }) => {
    const here = ports.get(sourceUuid);
    const there = ports.get(sinkUuid);
    if (here === undefined || there === undefined) return [];
    return [{ source, sink: there.node, edge: { sourceRdmaIface: here.name, sinkRdmaIface: there.name } }];
  });
}

function facts(state: ExoStateDocument, nodeId: string, info: GatheredInfo): Partial<ExoStateDocument> {
  switch (info.kind) {
    case "MacmonMetrics":
      return {
        nodeSystem: { ...state.nodeSystem, [nodeId]: info.systemProfile },
        nodeMemory: { ...state.nodeMemory, [nodeId]: info.memory },
      };
    case "NodeNetworkInterfaces":
      return { nodeNetwork: { ...state.nodeNetwork, [nodeId]: { interfaces: info.ifaces } } };
    case "NodeDiskUsage":
      return { nodeDisk: { ...state.nodeDisk, [nodeId]: info.diskUsage } };
    case "MiscData": {
      const known = state.nodeIdentities[nodeId] ?? unknownIdentity;
      return { nodeIdentities: { ...state.nodeIdentities, [nodeId]: { ...known, friendlyName: info.friendlyName } } };
    }
    case "StaticNodeInformation": {
      const { model: modelId, chip: chipId, osVersion, osBuildVersion } = info;
      const known = state.nodeIdentities[nodeId] ?? unknownIdentity;
      const identity = { ...known, modelId, chipId, osVersion, osBuildVersion };
      return { nodeIdentities: { ...state.nodeIdentities, [nodeId]: identity } };
    }
    case "ThunderboltBridgeInfo":
      return { nodeThunderboltBridge: { ...state.nodeThunderboltBridge, [nodeId]: info.status } };
    case "RdmaCtlStatus":
      return { nodeRdmaCtl: { ...state.nodeRdmaCtl, [nodeId]: { enabled: info.enabled } } };
    case "MacThunderboltIdentifiers":
      return { nodeThunderbolt: { ...state.nodeThunderbolt, [nodeId]: { interfaces: info.idents } } };
    case "NodeBackends":
      return state.nodeBackends === undefined
        ? {}
        : { nodeBackends: { ...state.nodeBackends, [nodeId]: info.backends } };
    case "MacThunderboltConnections":
      return {};
    default:
      return info satisfies never;
  }
}

/** Any report of a node puts it into the topology and refreshes `lastSeen`; its kind decides what else changes. */
export function applyGatheredInfo(
  state: ExoStateDocument,
  nodeId: string,
  when: string,
  info: GatheredInfo,
): ExoStateDocument {
  const withNode = addNode(state.topology, nodeId);
  const topology =
    info.kind === "MacThunderboltConnections"
      ? replaceRdmaEdges(withNode, nodeId, rdmaConnections(state, nodeId, info.conns))
      : withNode;
  return { ...state, ...facts(state, nodeId, info), topology, lastSeen: { ...state.lastSeen, [nodeId]: when } };
}
