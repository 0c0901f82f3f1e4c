import type { ClassicPeerEntry } from "../cluster/classic-launch.js";

/** exo shows these figures and decides nothing by them; an entry without them makes it ignore the file. */
const flops = { fp32: 0, fp16: 0, int8: 0 };

/** The file of peers as exo 0.0.x's manual discovery reads it. */
export const discoveryText = (peers: readonly ClassicPeerEntry[]): string =>
  `${JSON.stringify(
    {
      peers: Object.fromEntries(
        peers.map(({ id, address, port, model, chip, memoryMb }) => [
          id,
          { address, port, device_capabilities: { model, chip, memory: memoryMb, flops } },
        ]),
      ),
    },
    undefined,
    2,
  )}\n`;
