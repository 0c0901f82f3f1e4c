import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { createBeaconListener } from "../adapters/exo-discovery/beacon-listener.js";
import { createHelloSource } from "../adapters/exo-discovery/hello-source.js";
import { createHttpExoProbe } from "../adapters/exo-discovery/http-exo-probe.js";
import { createBonjourNodeFinder } from "../adapters/mdns/bonjour-node-finder.js";
import { listInterfaces } from "../adapters/mdns/choose-interfaces.js";
import { createLibp2pSource } from "../adapters/mdns/libp2p-source.js";
import { createMacFinder } from "../adapters/mdns/mac-finder.js";
import { systemClock } from "../adapters/system/system-clock.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { HostPort } from "../config/host-port.js";
import type { Surroundings } from "../controller/merge-discovered.js";
import { findExos, type Seed } from "../discover/exo/find-exos.js";
import { gatherExos } from "../discover/exo/gather-exos.js";
import { defaultNamespaces } from "../discover/exo/namespace-hash.js";
import type { Sighting } from "../discover/node-finder.js";
import { type Tell, watchAgents, watchMacs } from "./watch-machines.js";

const mdnsPort = 5353;

/** Where to look for exos and Macs, and for how long. */
export interface LookAround {
  readonly spec: ClusterSpec;
  readonly listenMs: number;
  /** `deep`: also say hello over IPv6. */
  readonly depth: "plain" | "deep";
  /** Namespaces of exo after 1.0.71 to ask for besides the default ones. */
  readonly namespaces: readonly string[];
  /** UDP ports to hear exo 0.0.x on. */
  readonly udpPorts: readonly number[];
  /** exos that the admin named. */
  readonly exoHosts: readonly HostPort[];
  /** Where the exos of a controller's nodes are; undefined without a controller: then agents are looked for, too. */
  readonly enrolled: readonly HostPort[] | undefined;
}

function seedsOf({ spec, exoHosts, enrolled = [] }: LookAround): readonly Seed[] {
  const at = (host: string): HostPort => ({ host, port: spec.exo.apiPort });
  const own = listInterfaces(networkInterfaces()).map((local) => local.address);
  return [
    ...exoHosts.map((target): Seed => ({ target, foundBy: "option" })),
    ...enrolled.map((target): Seed => ({ target, foundBy: "enrolled" })),
    ...spec.discovery.hosts.map(({ host }): Seed => ({ target: at(host), foundBy: "static" })),
    ...["127.0.0.1", ...own].map((host): Seed => ({ target: at(host), foundBy: "this-machine" })),
  ];
}

function exoSources({ spec, depth, namespaces, udpPorts }: LookAround) {
  const { interface: interfaceName, mdns } = spec.discovery;
  return [
    ...(mdns ? [createLibp2pSource({ interfaceAddress: interfaceName, mdnsPort, clock: systemClock })] : []),
    createBeaconListener({ udpPorts }),
    ...(depth === "deep"
      ? [
          createHelloSource({
            namespaces: [...defaultNamespaces, ...namespaces],
            interfaceName,
            clock: systemClock,
            randomBytes,
          }),
        ]
      : []),
  ];
}

/**
 * Looks for exos in every way that they have to find each other, for Macs in the one that macOS has and, without a controller,
 * for agents. Nothing is joined, answered or changed.
 */
export async function lookAround(
  options: LookAround,
  signal: AbortSignal,
): Promise<Surroundings & { readonly agents: readonly Sighting[] }> {
  const { spec, depth, udpPorts, listenMs } = options;
  const link = { interfaceAddress: spec.discovery.interface, mdnsPort, clock: systemClock };
  const macs = watchMacs(spec.discovery.mdns ? createMacFinder(link) : undefined);
  const wanted = spec.discovery.mdns && options.enrolled === undefined;
  const agents = watchAgents(wanted ? createBonjourNodeFinder({ ...link, serviceType: "exoctl" }) : undefined);
  try {
    const material = await findExos(
      {
        sources: exoSources(options),
        seeds: seedsOf(options),
        probe: createHttpExoProbe(),
        apiPort: spec.exo.apiPort,
        listenMs,
        clock: systemClock,
        alsoAsk: async (tell: Tell) => {
          await macs.start(tell);
          await agents.start(tell);
        },
      },
      signal,
    );
    const findings = gatherExos(material);
    const troubles = new Set([...findings.troubles, ...macs.troubles(), ...agents.troubles()]);
    return {
      findings: { ...findings, troubles: [...troubles] },
      macs: macs.seen(),
      agents: agents.seen(),
      looked: { depth, udpPorts },
    };
  } finally {
    await macs.close();
    await agents.close();
  }
}
