import type { ClassicTopology } from "../../cluster/classic-topology.js";
import type { Clock } from "../../runtime/clock.js";
import type { ClassicFlags } from "./classic-flags.js";
import { type ClassicPeerHandle, createPeerHandles } from "./classic-peer.js";
import type { ClassicCards } from "./classic-registry.js";
import { classicTimes } from "./classic-times.js";
import { loadNodeService } from "./exo-node-service.js";
import { createManualDiscovery } from "./manual-discovery.js";
import { measureMachine } from "./measure-machine.js";
import type { StatusRequest } from "./ring-calls.js";
import { createRingRequests, type RingRequests } from "./ring-requests.js";
import { startRingServer } from "./ring-server.js";
import { mergeTopology } from "./ring-view.js";

export interface ClassicNodeSettings {
  readonly flags: ClassicFlags;
  readonly cards: ClassicCards;
  /** Where `system_profiler` is looked for, through its PATH. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** 1 is real time; for everything that exo waits for. */
  readonly timeScale: number;
  /** The dummy engine's answer and its pace. */
  readonly tokens: number;
  readonly stepMs: number;
}

/** A simulated node without its HTTP API. */
export interface ClassicNode {
  readonly id: string;
  readonly grpcPort: number;
  readonly requests: RingRequests;
  topology(): ClassicTopology;
  close(): Promise<void>;
}

const nothingYet: ClassicTopology = { nodes: new Map(), edges: [] };

/**
 * Starts a node as exo does: measures the machine, opens the gRPC port, looks for peers, and resolves once it has a topology. Until
 * then, with `--wait-for-peers`, it answers with an empty one.
 */
export async function startClassicNode(settings: ClassicNodeSettings): Promise<ClassicNode> {
  const { flags, clock } = settings;
  const times = classicTimes(settings.timeScale);
  const stopping = new AbortController();
  const { signal } = stopping;
  let topology = nothingYet;
  let activeNodeId: string | undefined;
  let peers: readonly ClassicPeerHandle[] = [];

  const own = { id: flags.nodeId, machine: await measureMachine(settings.env) };
  const hearStatus = ({ nodeId, status }: StatusRequest): void => {
    if (status === "start_process_prompt") activeNodeId = nodeId;
    else if (activeNodeId === nodeId) activeNodeId = undefined;
    topology = {
      nodes: topology.nodes,
      edges: topology.edges,
      ...(activeNodeId === undefined ? {} : { activeNodeId }),
    };
  };
  const tellStatus = (status: StatusRequest): void => {
    // As in exo, each peer is told in the background, and nobody minds one that is gone.
    for (const peer of peers) void peer.status(status).catch(() => undefined);
    hearStatus(status);
  };
  const { tokens, stepMs } = settings;
  const engine = { tokens, stepMs, maxGenerateTokens: flags.maxGenerateTokens };
  const ringNode = { id: own.id, topology: () => topology, peers: () => peers };
  const requests = createRingRequests(ringNode, engine, clock, tellStatus);
  const { service } = loadNodeService();
  const served = { requests, topology: () => topology, hearStatus };
  const server = await startRingServer(service, served, { host: flags.nodeHost, port: flags.nodePort });
  const discovery = createManualDiscovery({
    file: flags.discoveryFile,
    ownId: own.id,
    times,
    clock,
    createPeer: createPeerHandles(service, times),
  });
  const looking = discovery.run(signal);

  const collect = async (): Promise<void> => {
    const next = discovery.peers();
    await Promise.all(
      next.map(async (peer) => peer.isConnected() || (await peer.connect(times.reconnectMs).catch(() => undefined))),
    );
    peers = next;
    const views = [];
    for (const { id, configured, topology: ask } of next) {
      const heard = await ask().catch(() => undefined); // exo prints it and takes the value of its discovery file
      views.push({ id, configured, ...(heard === undefined ? {} : { heard }) });
    }
    topology = mergeTopology(own, views, activeNodeId);
  };
  const collectForEver = async (): Promise<void> => {
    while (!signal.aborted) {
      await clock.sleep(times.topologyPauseMs, signal).catch(() => undefined); // aborted: the loop ends
      if (!signal.aborted) await collect();
    }
  };
  while (discovery.peers().length < flags.waitForPeers && !signal.aborted) await clock.sleep(times.waitPollMs);
  await collect();
  const collecting = collectForEver();
  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    stopping.abort();
    server.close();
    await Promise.all([looking, collecting]);
  };
  return {
    id: own.id,
    grpcPort: server.port,
    requests,
    topology: () => topology,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
