import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
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
  readonly tokens?: number;
  readonly stepMs?: number;
  /** Further flags of every node. */
  readonly flags?: readonly string[];
}

/** Fast, and yet few rounds a second: tests start many nodes. */
const timeScale = 0.06;

/** Simulated nodes in this process: real sockets, real files, and a `system_profiler` for each on a PATH of its own. */
export async function prepareClassicRing(macs: readonly RingMac[], options: RingOptions = {}) {
  const root = await mkdtemp(join(tmpdir(), "exoctl-ring-"));
  const ports = new Map<string, number>();
  const running: RunningClassicExo[] = [];
  const file = (id: string): string => join(root, id, "discovery.json");
  const entryOf = ({ id, chip, configuredMb, memoryGb }: RingMac) => ({
    address: "127.0.0.1",
    port: ports.get(id),
    device_capabilities: {
      model: "Mac Studio",
      chip: chip ?? "Apple M2 Ultra",
      memory: configuredMb ?? memoryGb * 1_024,
      flops: { fp32: 26.98, fp16: 53.96, int8: 107.92 },
    },
  });
  for (const { id, chip, memoryGb } of macs) {
    ports.set(id, await freePort());
    const mac = { model: "Mac Studio", chip: chip ?? "Apple M2 Ultra", memoryGb };
    await mkdir(join(root, id));
    await prepareClassicMac({ folder: join(root, id), mac, timeScale });
  }
  for (const { id, blindFor = [] } of macs) {
    const seen = macs.filter((other) => !blindFor.includes(other.id));
    await writeFile(file(id), JSON.stringify({ peers: Object.fromEntries(seen.map((mac) => [mac.id, entryOf(mac)])) }));
  }
  const { cards, flags = [], ...told } = options;
  return {
    grpc: (id: string) => ({ host: "127.0.0.1", port: ports.get(id) ?? 0 }),
    /** Starts a node, or starts it again under its id and port. */
    start: async (id: string, more: readonly string[] = []): Promise<RunningClassicExo> => {
      const ownPorts = ["--node-port", String(ports.get(id)), "--chatgpt-api-port", "0"];
      const discovery = ["--discovery-module", "manual", "--discovery-config-path", file(id)];
      const args = ["--node-id", id, ...ownPorts, ...discovery, "--inference-engine", "dummy", "--disable-tui"];
      const exo = await startClassicExo({
        flags: parseClassicFlags([...args, ...flags, ...more], () => id),
        settings: parseClassicSettings(JSON.stringify({ timeScale, ...told })),
        cards: cards ?? passedCards([]),
        env: { PATH: `${join(root, id, "bin")}:/usr/bin:/bin` },
        clock: realClock,
      });
      running.push(exo);
      return exo;
    },
    close: async (): Promise<void> => {
      await Promise.all(running.map((exo) => exo.close()));
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
