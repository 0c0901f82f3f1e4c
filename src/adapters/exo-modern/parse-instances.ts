import { exoNodeId } from "../../cluster/names.js";
import type { ExoInstance, ExoShard } from "../../inventory/exo-state.js";
import { count, entriesOf, entry, type Fields, field, isFields, present, tagged, text } from "./fields.js";
import { parseRunner } from "./parse-runner.js";

type Sharding = NonNullable<ExoInstance["sharding"]>;

/** A shard as read, with what it claims about the whole. */
interface ReadShard {
  readonly shard: ExoShard;
  readonly worldSize: number;
  readonly modelLayers: number;
  readonly sharding: Sharding;
  /** The model on the card inside the shard. exo finds weights by this one and routes by the instance's. */
  readonly modelId: string | undefined;
}

const shardings: Readonly<Record<string, Sharding>> = {
  PipelineShardMetadata: "pipeline",
  TensorShardMetadata: "tensor",
  CfgShardMetadata: "other",
};

/**
 * Reads `instances` together with `runners`. Runners are only reached through their instance: `runners` itself keeps
 * entries of vanished nodes.
 *
 * An instance that can't be understood whole is kept with no shards, so that it is seen but never taken for healthy.
 */
export function parseInstances(rawInstances: unknown, rawRunners: unknown, problems: string[]): ExoInstance[] {
  if (!isFields(rawInstances)) problems.push("instances: not an object");
  return entriesOf(rawInstances).map(([id, raw]) => {
    const doubts: string[] = [];
    const instance = parseInstance(id, raw, rawRunners, doubts);
    problems.push(...doubts.map((doubt) => `instance ${shorten(id)}: ${doubt}`));
    return doubts.length === 0 ? instance : { ...instance, shards: [] };
  });
}

function parseInstance(id: string, raw: unknown, runners: unknown, doubts: string[]): ExoInstance {
  const union = tagged(raw);
  if (union === undefined) {
    doubts.push("not an object with a single class name");
    return { id, modelId: "", transport: "unknown", shards: [] };
  }
  const { body } = union;
  if (transportOf(union.tag) === "unknown") doubts.push(`${shorten(union.tag)} is no class that exoctl knows`);
  if (text(field(body, "instanceId")) !== id) doubts.push("its id differs from its key");
  const assignments = field(body, "shardAssignments");
  const modelId = text(field(assignments, "modelId"));
  if (modelId === undefined) doubts.push("no model id");
  const read = readShards(assignments, runners, doubts);
  checkWhole(read, doubts);
  if (read.some((item) => item.modelId !== modelId)) doubts.push("a shard's card names another model");
  return {
    id,
    modelId: modelId ?? "",
    transport: transportOf(union.tag),
    shards: read.map((item) => item.shard).toSorted((left, right) => left.rank - right.rank),
    ports: portsOf(body),
    ...present({ sharding: read[0]?.sharding, modelLayers: read[0]?.modelLayers }),
  };
}

function transportOf(tag: string): ExoInstance["transport"] {
  if (tag === "MlxRingInstance") return "ring";
  return tag === "MlxJacclInstance" || tag === "MlxIbvInstance" ? "jaccl" : "unknown";
}

function readShards(assignments: unknown, runners: unknown, doubts: string[]): ReadShard[] {
  const toRunner = field(assignments, "nodeToRunner");
  const toShard = field(assignments, "runnerToShard");
  if (entriesOf(toShard).length !== entriesOf(toRunner).length) doubts.push("nodes and runners do not match");
  return entriesOf(toRunner).flatMap(([node, runner]) => {
    const runnerId = text(runner);
    const read = runnerId === undefined ? undefined : readShard(node, runnerId, entry(toShard, runnerId), runners);
    if (read === undefined) doubts.push(`the shard of node ${shorten(node)} is not understood`);
    return read === undefined ? [] : [read];
  });
}

function readShard(node: string, runnerId: string, raw: unknown, runners: unknown): ReadShard | undefined {
  const union = tagged(raw);
  const sharding = union === undefined ? undefined : entry(shardings, union.tag);
  if (union === undefined || sharding === undefined || node === "") return undefined;
  const [rank, worldSize, start, end, modelLayers] = [
    "deviceRank",
    "worldSize",
    "startLayer",
    "endLayer",
    "nLayers",
  ].map((name) => count(field(union.body, name)));
  if (rank === undefined || worldSize === undefined || modelLayers === undefined) return undefined;
  if (start === undefined || end === undefined) return undefined;
  const shard = {
    nodeId: exoNodeId(node),
    runnerId,
    rank,
    layers: { start, end },
    ...parseRunner(entry(runners, runnerId)),
  };
  const card = field(union.body, "modelCard") ?? field(union.body, "modelMeta");
  return { shard, worldSize, modelLayers, sharding: sharding as Sharding, modelId: text(field(card, "modelId")) };
}

/** What must agree between the shards. Gaps between layers are not a matter of reading: exo really runs such things. */
function checkWhole(read: readonly ReadShard[], doubts: string[]): void {
  const [first] = read;
  if (first === undefined) {
    doubts.push("no shards");
    return;
  }
  if (new Set(read.map((item) => item.shard.runnerId)).size !== read.length) doubts.push("nodes share a runner");
  const ranks = read.map((item) => item.shard.rank).toSorted((left, right) => left - right);
  if (ranks.some((rank, index) => rank !== index)) doubts.push(`its ranks are ${ranks.join(", ")}`);
  if (read.some((item) => item.worldSize !== read.length)) doubts.push("its world size is not its number of shards");
  if (read.some((item) => item.modelLayers !== first.modelLayers)) doubts.push("its shards disagree on the layers");
  if (read.some((item) => item.sharding !== first.sharding)) doubts.push("its shards are of different kinds");
}

/** Every port that belongs to it: the ring's entries and the jaccl coordinators. */
function portsOf(body: Fields): number[] {
  // 1.0.60 has one list for all nodes.
  const lists = [field(body, "hosts"), ...entriesOf(field(body, "hostsByNode")).map(([, list]) => list)];
  const hosts = lists.flatMap((list): unknown[] => (Array.isArray(list) ? list : []));
  const ring = [...hosts.map((host) => count(field(host, "port"))), count(field(body, "ephemeralPort"))];
  const coordinators = entriesOf(field(body, "jacclCoordinators") ?? field(body, "ibvCoordinators")).map(
    ([, address]) => count(Number((text(address) ?? "").split(":").at(-1))),
  );
  const ports = [...ring, ...coordinators].filter((port) => port !== undefined && port > 0);
  return [...new Set(ports as number[])].toSorted((left, right) => left - right);
}

const shorten = (id: string): string => (id.length <= 60 ? id : `${id.slice(0, 57)}...`);
