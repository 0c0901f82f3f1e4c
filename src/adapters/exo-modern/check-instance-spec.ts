import { isIPv4 } from "node:net";
import type { InstanceSpec, JacclTransport, RingTransport } from "../../apply/exo-control.js";
import { coversAllLayers } from "../../cluster/layer-range.js";
import { isModelId } from "../../cluster/names.js";

/** Ports of exo itself, and the lowest that MLX's ring should take. */
const exoPorts = { first: 52413, last: 52415 };
const lowestRingPort = 1024;
const idPattern = /^[A-Za-z0-9][\w.-]*$/;

/** Whether the ring connects these ranks directly. Everything else in a host list is a placeholder. */
export const areNeighbours = (left: number, right: number, worldSize: number): boolean =>
  (left + 1) % worldSize === right || (right + 1) % worldSize === left;

/**
 * Everything that is wrong with an instance before it is posted. exo checks almost none of it: wrong cuts load and then
 * answer garbage, and a rank out of range can take the whole process down.
 */
export function checkInstanceSpec(spec: InstanceSpec): string[] {
  return [...checkIds(spec), ...checkLayers(spec), ...checkTransport(spec)];
}

function checkIds(spec: InstanceSpec): string[] {
  const problems: string[] = [];
  const ids = [spec.instanceId, ...spec.shards.map((shard) => shard.runnerId)];
  for (const id of ids)
    if (!idPattern.test(id)) problems.push(`id ${JSON.stringify(id)} is not made of letters, digits, . _ -`);
  if (!isModelId(spec.model.modelId)) problems.push(`${JSON.stringify(spec.model.modelId)} is not a model id`);
  if (spec.shards.some((shard) => shard.nodeId === "")) problems.push("a shard has no node");
  if (new Set(spec.shards.map((shard) => shard.nodeId)).size !== spec.shards.length)
    problems.push("a node has two shards");
  if (new Set(spec.shards.map((shard) => shard.runnerId)).size !== spec.shards.length)
    problems.push("a runner id occurs twice");
  return problems;
}

function checkLayers({ sharding, shards, model }: InstanceSpec): string[] {
  const ranges = shards.map((shard) => shard.layers);
  const whole = ranges.every((range) => Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end));
  const shown = ranges.map((range) => `${range.start}-${range.end}`).join(", ") || "of no shard";
  if (sharding === "tensor") {
    const all = ranges.every((range) => range.start === 0 && range.end === model.layers);
    return all && ranges.length > 1 ? [] : [`the layers ${shown} are not all of 0-${model.layers} on several ranks`];
  }
  if (whole && coversAllLayers(ranges, model.layers) && ranges.length > 0) return [];
  return [`the layers ${shown} do not cover 0-${model.layers} in rank order`];
}

function checkTransport({ sharding, transport, shards }: InstanceSpec): string[] {
  const { port } = transport;
  const usable = Number.isSafeInteger(port) && port >= lowestRingPort && port <= 65_535;
  const problems =
    !usable || (port >= exoPorts.first && port <= exoPorts.last) ? [`${port} cannot be the instance's port`] : [];
  if (transport.kind === "jaccl") return [...problems, ...checkJaccl(transport, shards.length)];
  if (sharding === "tensor") problems.push("a tensor group talks over RDMA, not over the ring");
  return shards.length === 1 ? problems : [...problems, ...checkRing(transport, shards.length)];
}

function checkRing({ addresses }: RingTransport, ranks: number): string[] {
  if (addresses.length !== ranks || addresses.some((row) => row.length !== ranks)) {
    return ["the addresses are not one row and one column per rank"];
  }
  const problems: string[] = [];
  for (const [from, row] of addresses.entries()) {
    for (const [to, ip] of row.entries()) {
      if (from === to || !areNeighbours(from, to, ranks) || isMachineAddress(ip)) continue;
      problems.push(`rank ${from} cannot reach rank ${to} at ${JSON.stringify(ip)}: not an IPv4 address of a machine`);
    }
  }
  return problems;
}

function checkJaccl({ interfaces, coordinators }: JacclTransport, ranks: number): string[] {
  if (interfaces.length !== ranks || interfaces.some((row) => row.length !== ranks)) {
    return ["the RDMA interfaces are not one row and one column per rank"];
  }
  if (coordinators.length !== ranks) return ["the ways to rank 0 are not one per rank"];
  const nameless = interfaces.flatMap((row, from) =>
    row.flatMap((name, to) =>
      from === to || idPattern.test(name) ? [] : [`rank ${from} has no interface to rank ${to}`],
    ),
  );
  const lost = coordinators.flatMap((ip, rank) =>
    rank === 0 || isMachineAddress(ip) ? [] : [`rank ${rank} cannot reach rank 0 at ${JSON.stringify(ip)}`],
  );
  return [...nameless, ...lost];
}

/** MLX opens IPv4 sockets only. */
const isMachineAddress = (ip: string): boolean => isIPv4(ip) && !ip.startsWith("0.") && Number(ip.split(".")[0]) < 224;
