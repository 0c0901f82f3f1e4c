import { openGrpcClassicPeer } from "../../../src/adapters/exo-classic/grpc-classic-peer.js";
import { readClassicCards } from "../../../src/simulate/classic/classic-registry.js";
import type { RunningClassicExo } from "../../../src/simulate/classic/run-classic-exo.js";
import { recording } from "../../support/classic-recordings.js";
import { prepareClassicRing, type RingMac } from "../../support/classic-ring.js";
import { untilTrue } from "../../support/until-true.js";
import { type ClassicTarget, type Setup, setups, type TargetNode } from "./classic-target.js";

const macs: readonly RingMac[] = [
  { id: "studio-a", memoryGb: 192, configuredMb: 1 },
  { id: "studio-b", memoryGb: 128, configuredMb: 2 },
  { id: "studio-c", memoryGb: 64, configuredMb: 3, chip: "Apple M4 Max" },
];

/** A registry with the models of the recorded one, or with what was added to it. */
function registryText(setup: Setup): string {
  const listed: readonly { id: string }[] = recording("http/models").response.json.data;
  const line = (id: string, layers: number, engine: string, repo: string): string =>
    `  "${id}": { "layers": ${layers}, "repo": { "${engine}": "${repo}" } },`;
  const others = listed
    .filter(({ id }) => id !== "dummy")
    .map(({ id }) => line(id, 16, "MLXDynamicShardInferenceEngine", `owner/${id}`));
  const added = ["gpt-oss-120b", "oss-120b"].map((id) => line(id, 36, "DummyInferenceEngine", "dummy"));
  const cards = [...(setup === "stock" ? others : added), line("dummy", 8, "DummyInferenceEngine", "dummy")];
  return ["model_cards = {", ...cards, "}", 'pretty_name = { "llama-3.2-1b": "Llama 3.2 1B" }', ""].join("\n");
}

const defaultOf: Readonly<Record<Setup, readonly string[]>> = {
  stock: [],
  "entry-added": [],
  "entry-added-default-dummy": ["--default-model", "dummy"],
  "entry-added-default-gpt-oss": ["--default-model", "gpt-oss-120b"],
};

const nodeOf = ({ nodeId, api, grpc }: RunningClassicExo): TargetNode => ({ id: nodeId, api, grpc });

/** Simulated nodes with what the recorded ones had. */
export function openSimulatedTarget(): ClassicTarget {
  const closers: (() => Promise<void>)[] = [];
  const start = async (some: readonly RingMac[], setup: Setup): Promise<readonly TargetNode[]> => {
    const cards = readClassicCards(registryText(setup));
    const ring = await prepareClassicRing(some, { cards, flags: defaultOf[setup] });
    closers.push(ring.close);
    const exos = await Promise.all(some.map(({ id }) => ring.start(id)));
    for (const exo of exos) await allSeenBy(exo, some.length);
    return exos.map(nodeOf);
  };
  return {
    setups,
    ring: async () => {
      const [a, b, c] = await start(macs, "stock");
      if (a === undefined || b === undefined || c === undefined) throw new Error("three nodes were to start");
      return [a, b, c];
    },
    single: async (setup) => {
      const [only] = await start([{ id: "single", memoryGb: 64 }], setup);
      if (only === undefined) throw new Error("a node was to start");
      return only;
    },
    close: async () => {
      for (const close of closers) await close();
    },
  };
}

/** As real nodes do, these need some seconds, scaled, until each has asked the others. */
async function allSeenBy({ grpc }: RunningClassicExo, count: number): Promise<void> {
  const peer = openGrpcClassicPeer({ address: grpc, deadlineMs: 8_000 });
  const isWhole = async (): Promise<boolean> => {
    const { nodes, edges } = await peer.topology(AbortSignal.timeout(5_000));
    return edges.length === count * (count - 1) && [...nodes.values()].every(({ memoryMb }) => memoryMb > 1_000);
  };
  await untilTrue(isWhole, "the ring is whole");
  await peer.close();
}
