import type { FoundExo } from "../../src/discover/exo/found-exo.js";

/** A broadcast of exo 0.0.15 as recorded, with invented names. */
export const aBeacon = (): Readonly<Record<string, unknown>> => ({
  type: "discovery",
  node_id: "studio-a",
  grpc_port: 51_316,
  device_capabilities: {
    model: "Mac Studio",
    chip: "Apple M2 Ultra",
    memory: 98_304,
    flops: { fp32: 26.98, fp16: 53.96, int8: 107.92 },
  },
  priority: 4,
  interface_name: "en0",
  interface_type: "Ethernet",
});

/** An exo 1.0.71 alone in its cluster, whose API answers at `host`. */
export function aFoundExo(name: string, host: string, change: Partial<FoundExo> = {}): FoundExo {
  return {
    name,
    generation: "1.x",
    transport: "libp2p",
    variant: "1.0.71",
    nodeId: `id-${name}`,
    api: [{ host, port: 52_415 }],
    addresses: [host],
    interfaces: [{ name: "en0", ip: host }],
    udpPorts: [],
    endpoints: [],
    members: [`id-${name}`],
    reached: [],
    foundBy: ["libp2p-mdns"],
    ...change,
  };
}

/** An exo after 1.0.71, likewise, in the default namespace. */
export const aZenohExo = (name: string, host: string, change: Partial<FoundExo> = {}): FoundExo =>
  aFoundExo(name, host, {
    transport: "zenoh",
    variant: "after 1.0.71",
    interfaces: [
      { name: "en0", ip: host },
      { name: "en0", ip: `fe80::${host.split(".").at(-1)}%en0` },
    ],
    namespace: { kind: "named", name: "0.3.70" },
    foundBy: ["zenoh-hello"],
    ...change,
  });

/** An exo 0.0.x whose broadcasts were heard on the usual port. */
export const aClassicExo = (name: string, host: string, change: Partial<FoundExo> = {}): FoundExo => {
  const { variant: _, ...found } = aFoundExo(name, host, {
    generation: "0.0.x",
    transport: "grpc",
    nodeId: name,
    members: [name],
    udpPorts: [5_678],
    foundBy: ["udp-beacon"],
  });
  return { ...found, ...change };
};
