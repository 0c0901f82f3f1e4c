import { z } from "zod";
import type { ClassicMachine } from "../../cluster/classic-topology.js";

/** A peer as the file of manual discovery has it. */
export interface ConfiguredPeer {
  readonly id: string;
  readonly address: string;
  readonly port: number;
  readonly machine: ClassicMachine;
}

const number = z.number();
const schema = z.object({
  peers: z.record(
    z.string(),
    z.object({
      address: z.string(),
      port: z.int(),
      device_capabilities: z.object({
        model: z.string(),
        chip: z.string(),
        memory: z.int(),
        flops: z.object({ fp32: number, fp16: number, int8: number }),
      }),
    }),
  ),
});

/**
 * The peers of a node by its discovery file. All entries have to be complete and the node's own has to be among them.
 *
 * @returns undefined where exo says nothing and keeps what it knew
 */
export function readDiscoveryFile(json: string, ownId: string): readonly ConfiguredPeer[] | undefined {
  const parsed = schema.safeParse(parseJson(json));
  if (!parsed.success || !Object.hasOwn(parsed.data.peers, ownId)) return undefined;
  return Object.entries(parsed.data.peers)
    .filter(([id]) => id !== ownId)
    .map(
      ([
        id,
        {
          address,
          port,
          device_capabilities: { memory, ...shown },
        },
      ]) => ({
        id,
        address,
        port,
        machine: { ...shown, memoryMb: memory },
      }),
    );
}

function parseJson(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined; // which matches no schema
  }
}
