import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareClassicMac } from "../../src/processes/simulated-classic-mac.js";
import { parseClassicFlags } from "../../src/simulate/classic/classic-flags.js";
import type { ClassicCards } from "../../src/simulate/classic/classic-registry.js";
import { parseClassicSettings, passedCards } from "../../src/simulate/classic/classic-settings.js";
import { type RunningClassicExo, startClassicExo } from "../../src/simulate/classic/run-classic-exo.js";
import { realClock } from "./real-clock.js";

/** A node of a simulated ring. */
export interface RingMac {
  readonly id: string;
  readonly memoryGb: number;
  readonly chip?: string;
  /** What the discovery files of the others say; the truth by default. */
  readonly configuredMb?: number;
  /** Peers that its own discovery file leaves out. */
  readonly blindFor?: readonly string[];
}

export interface RingOptions {
  readonly cards?: ClassicCards;
  readonly timeScale?: number;
  readonly tokens?: number;
  readonly stepMs?: number;
  readonly flags?: readonly string[];
}

export interface ClassicRing {
  readonly exos: readonly RunningClassicExo[];
  /** Writes a node's discovery file anew, as an admin would. */
  writeDiscovery(id: string, text: string): Promise<void>;
  discoveryText(of: RingMac): string;
  /** Starts a node again under its id and ports. */
  start(id: string): Promise<RunningClassicExo>;
  close(): Promise<void>;
}

/** Simulated nodes in this process: real sockets, real files, and a `system_profiler` for each on a PATH of its own. */
export async function startClassicRing(macs: readonly RingMac[], options: RingOptions = {}): Promise<ClassicRing> {
  const root = await mkdtemp(join(tmpdir(), "exoctl-ring-"));
  const ports = new Map<string, number>();
  for (const { id } of macs) ports.set(id, await freePort());
  const exos: RunningClassicExo[] = [];
  let written = Date.now() / 1_000;
  const file = (id: string): string => join(root, id, "discovery.json");
  const discoveryText = (own: RingMac): string =>
    JSON.stringify({
      peers: Object.fromEntries(
        macs
          .filter(({ id }) => own.blindFor?.includes(id) !== true)
          .map((mac) => [
            mac.id,
            {
              address: "127.0.0.1",
              port: ports.get(mac.id),
              device_capabilities: {
                model: "Mac Studio",
                chip: mac.chip ?? "Apple M2 Ultra",
                memory: mac.configuredMb ?? mac.memoryGb * 1_024,
                flops: { fp32: 26.98, fp16: 53.96, int8: 107.92 },
              },
            },
          ]),
      ),
    });
  const writeDiscovery = async (id: string, text: string): Promise<void> => {
    await writeFile(file(id), text);
    written += 1;
    await utimes(file(id), written, written);
  };
  const start = async (id: string): Promise<RunningClassicExo> => {
    const args = [
      "--node-id",
      id,
      "--node-host",
      "127.0.0.1",
      "--node-port",
      String(ports.get(id)),
      "--chatgpt-api-port",
      "0",
    ];
    const rest = [
      "--inference-engine",
      "dummy",
      "--discovery-module",
      "manual",
      "--discovery-config-path",
      file(id),
      "--disable-tui",
    ];
    const { cards, flags = [], ...told } = options;
    const exo = await startClassicExo({
      flags: parseClassicFlags([...args, ...rest, ...flags], () => id),
      settings: parseClassicSettings(JSON.stringify({ timeScale: 0.01, ...told })),
      cards: cards ?? passedCards([]),
      env: { PATH: `${join(root, id, "bin")}:/usr/bin:/bin` },
      clock: realClock,
    });
    exos.push(exo);
    return exo;
  };
  for (const mac of macs) {
    await mkdir(join(root, mac.id));
    const facts = { model: "Mac Studio", chip: mac.chip ?? "Apple M2 Ultra", memoryGb: mac.memoryGb };
    await prepareClassicMac({ folder: join(root, mac.id), mac: facts, timeScale: 0.01 });
    await writeDiscovery(mac.id, discoveryText(mac));
  }
  await Promise.all(macs.map(({ id }) => start(id)));
  exos.sort(
    (left, right) => macs.findIndex(({ id }) => id === left.nodeId) - macs.findIndex(({ id }) => id === right.nodeId),
  );
  return {
    exos,
    writeDiscovery,
    discoveryText,
    start,
    close: async () => {
      await Promise.all(exos.map((exo) => exo.close()));
      await rm(root, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
}
