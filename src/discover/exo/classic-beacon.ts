import { z } from "zod";

/** What exo 0.0.x broadcasts about itself every 2.5 s. Unsigned: anybody on the link can say so. */
export interface ClassicBeacon {
  readonly nodeId: string;
  /** Where its peers reach it over gRPC. */
  readonly grpcPort: number;
  readonly chip: string;
  /** The interface that it was sent on, in exo's words, such as `Ethernet`. */
  readonly interfaceType: string;
}

/** One has about 280 bytes; with the longest names that are accepted it stays far below this. */
const longestBeaconBytes = 4_096;

const shortText = z.string().max(200);
const beacon = z.object({
  type: z.literal("discovery"),
  node_id: shortText.min(1),
  grpc_port: z.int().min(1).max(65_535),
  device_capabilities: z.object({
    model: shortText,
    chip: shortText,
    memory: z.number().nonnegative(),
    flops: z.object({ fp32: z.number(), fp16: z.number(), int8: z.number() }),
  }),
  priority: z.int(),
  interface_name: shortText,
  interface_type: shortText,
});

/**
 * Reads a datagram of UDP port 5678. Every field that exo 0.0.15 sends has to be there with its type; anything else is some
 * other program.
 */
export function readClassicBeacon(datagram: Uint8Array): ClassicBeacon | undefined {
  if (datagram.length > longestBeaconBytes) return undefined;
  let raw: unknown;
  try {
    raw = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(datagram));
  } catch {
    return undefined; // not UTF-8, or not JSON
  }
  const read = beacon.safeParse(raw).data;
  if (read === undefined) return undefined;
  return {
    nodeId: read.node_id,
    grpcPort: read.grpc_port,
    chip: read.device_capabilities.chip,
    interfaceType: read.interface_type,
  };
}
