import type { MacProfile } from "../mac-profile.js";
import type { GatheredInfo } from "./exo-events.js";
import type { SimulatedVariant } from "./simulated-variant.js";

/** Memory as macmon reports it: total less what the system and the loaded weights take. */
export function memoryInfo(mac: MacProfile, loadedBytes: number): GatheredInfo {
  const available = Math.max(0, Math.round(mac.memoryBytes - mac.systemBytes - loadedBytes));
  const busy = loadedBytes > 0 ? 0.08 : 0.03;
  return {
    kind: "MacmonMetrics",
    systemProfile: { gpuUsage: busy, temp: 44.1, sysPower: 21.7, pcpuUsage: 0.05, ecpuUsage: 0.11 },
    memory: {
      ramTotal: { inBytes: mac.memoryBytes },
      ramAvailable: { inBytes: available },
      swapTotal: { inBytes: 0 },
      swapAvailable: { inBytes: 0 },
    },
  };
}

const rdmaLinks = (mac: MacProfile) => mac.links.filter((link) => link.kind === "rdma");

/** Identifies one end of a Thunderbolt cable; both Macs work it out alike. */
const portUuid = (mac: string, port: string): string => `${mac}:${port}`;

function thunderboltFacts(mac: MacProfile): GatheredInfo[] {
  const links = rdmaLinks(mac);
  if (links.length === 0) return [];
  return [
    { kind: "RdmaCtlStatus", enabled: true },
    {
      kind: "MacThunderboltIdentifiers",
      idents: links.map(({ rdma }) => ({
        rdmaInterface: rdma?.here ?? "",
        domainUuid: portUuid(mac.name, rdma?.here ?? ""),
        linkSpeed: "80 Gb/s",
      })),
    },
    {
      kind: "MacThunderboltConnections",
      conns: links.map(({ to, rdma }) => ({
        sourceUuid: portUuid(mac.name, rdma?.here ?? ""),
        sinkUuid: portUuid(to, rdma?.there ?? ""),
      })),
    },
  ];
}

/** Everything else that exo gathers about its Mac, every few seconds. */
export function slowFacts(mac: MacProfile, variant: SimulatedVariant): readonly GatheredInfo[] {
  return [
    {
      kind: "StaticNodeInformation",
      model: mac.modelName,
      chip: mac.chip,
      osVersion: mac.osVersion,
      osBuildVersion: mac.osBuild,
    },
    { kind: "MiscData", friendlyName: mac.name },
    {
      kind: "NodeNetworkInterfaces",
      ifaces: mac.interfaces.map(({ name, ip, type }) => ({ name, ipAddress: ip, interfaceType: type })),
    },
    {
      kind: "NodeDiskUsage",
      diskUsage: { total: { inBytes: mac.diskTotalBytes }, available: { inBytes: mac.diskFreeBytes } },
    },
    { kind: "ThunderboltBridgeInfo", status: { enabled: false, exists: true, serviceName: "Thunderbolt Bridge" } },
    ...thunderboltFacts(mac),
    ...(variant === "newer" ? [{ kind: "NodeBackends", backends: ["MlxCpu", "MlxMetal"] } as const] : []),
  ];
}
