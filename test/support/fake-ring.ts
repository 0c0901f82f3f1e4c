import { type RingTarget, ringSettings } from "../../src/apply/classic/ring-target.js";
import type { RingNode, RingView } from "../../src/apply/classic/ring-view.js";
import type { ClassicEngine, ClassicEntry } from "../../src/cluster/classic-entry.js";
import type { ClassicExoSettings } from "../../src/cluster/classic-launch.js";
import { classicPartitions, classicShards } from "../../src/cluster/classic-ring.js";
import { nodeName } from "../../src/cluster/names.js";

const digest = "d".repeat(64);
const entry: ClassicEntry = { id: "oss-120b", layers: 36, engine: "dummy", repo: "dummy", label: "GPT-OSS 120B" };

/** One node of a ring as a test wants it to be; everything as wanted unless told otherwise. */
export interface FakeRingNode {
  readonly entry: ClassicEntry | undefined;
  readonly configured: ClassicExoSettings | undefined;
  readonly running: ClassicExoSettings | undefined;
  /** Of the registry that its exo has read. */
  readonly readDigest: string;
  /** Whom its exo sees; undefined in `topology`: it does not answer. */
  readonly sees: readonly string[];
  readonly topology: "answers" | undefined;
  readonly managed: boolean;
  readonly engine: ClassicEngine;
  readonly cannotForce: string;
  readonly silent: boolean;
}

const memoryOf = (name: string): number => 65_536 - name.charCodeAt(0);

const bareNode = (name: string): RingNode => ({
  name: nodeName(name),
  simulated: false,
  address: `10.0.0.${name.charCodeAt(0)}`,
  hardware: { modelIdentifier: "Mac16,9", chip: "Apple M4 Max", memoryBytes: 64 * 2 ** 30 },
  exo: { state: "running", managed: true, generation: "classic", apiPort: 52_415 },
  report: { engine: "dummy", nodePort: 52_416, memoryMb: memoryOf(name) },
});

/** A ring of nodes whose memory falls in the order of their names. */
export function aRingTarget(
  names: readonly string[],
  { forcedMb }: { readonly forcedMb?: ReadonlyMap<string, number> } = {},
): RingTarget {
  const memory = names.map((id) => ({ id, memory: forcedMb?.get(id) ?? memoryOf(id) }));
  const stages = classicShards(classicPartitions(memory), entry.layers).map(({ node, layers }) => ({
    node: nodeName(node),
    layers,
  }));
  const settings = ringSettings({ entry, stages }, names.map(bareNode), forcedMb);
  return { generation: 1, model: "gpt-oss-120b", entry, accepted: [], stages, settings };
}

export function runsAsWanted(target: RingTarget, name: string): ClassicExoSettings {
  const settings = target.settings.get(nodeName(name));
  if (settings === undefined) throw new Error(`${name} is not part of the ring`);
  return settings;
}

/** The nodes of a ring as they are seen. */
export function ringView(target: RingTarget, changes: Readonly<Record<string, Partial<FakeRingNode>>>): RingView {
  const names = [...target.settings.keys()];
  return { nodes: names.map((name) => nodeOf(target, name, names, changes[name] ?? {})) };
}

function nodeOf(target: RingTarget, name: string, names: readonly string[], change: Partial<FakeRingNode>): RingNode {
  const wanted = runsAsWanted(target, name);
  const pick = <K extends keyof FakeRingNode>(key: K, otherwise: FakeRingNode[K]): FakeRingNode[K] =>
    key in change ? (change[key] as FakeRingNode[K]) : otherwise;
  const base = bareNode(name);
  const exo = { ...base.exo, managed: pick("managed", true) } as NonNullable<RingNode["exo"]>;
  if (pick("silent", false)) return { ...base, exo, trouble: "it did not answer in time", report: undefined } as never;
  const [configured, running, found] = [
    pick("configured", wanted),
    pick("running", wanted),
    pick("entry", target.entry),
  ];
  const why = change.cannotForce;
  const sees = pick("sees", names);
  const machine = (id: string) => ({
    model: "Mac Studio",
    chip: "Apple M4 Max",
    memoryMb: wanted.peers.find((peer) => peer.id === id)?.memoryMb ?? 0,
    flops: { fp32: 0, fp16: 0, int8: 0 },
  });
  const answers = pick("topology", "answers") === "answers" && running !== undefined;
  return {
    ...base,
    exo: running === undefined ? { ...exo, state: "stopped" } : exo,
    report: {
      engine: pick("engine", "dummy"),
      nodePort: 52_416,
      memoryMb: memoryOf(name),
      ...(why === undefined ? {} : { cannotForce: why }),
      ...(configured === undefined ? {} : { configured }),
      ...(running === undefined ? {} : { running: { settings: running, registryDigest: pick("readDigest", digest) } }),
    },
    registry: {
      file: "/exo/models.py",
      digest,
      entries: found === undefined ? [] : [{ entry: found, by: "exoctl" }],
      engineFaults: [],
      refusals: [],
    },
    ...(answers
      ? {
          models: [target.entry.id],
          topology: {
            nodes: new Map(sees.map((id) => [id, machine(id)])),
            edges: sees.filter((id) => id !== name).map((to) => ({ from: name, to, description: "MAN" })),
          },
        }
      : {}),
  };
}
