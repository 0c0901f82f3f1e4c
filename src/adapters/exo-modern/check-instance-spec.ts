import { isIPv4 } from "node:net";
import type { InstanceSpec } from "../../apply/exo-control.js";
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
  return [...checkIds(spec), ...checkLayers(spec), ...checkRing(spec)];
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

function checkLayers(spec: InstanceSpec): string[] {
  const ranges = spec.shards.map((shard) => shard.layers);
  const whole = ranges.every((range) => Number.isSafeInteger(range.start) && Number.isSafeInteger(range.end));
  if (whole && coversAllLayers(ranges, spec.model.layers) && ranges.length > 0) return [];
  const shown = ranges.map((range) => `${range.start}-${range.end}`).join(", ");
  return [`the layers ${shown || "of no shard"} do not cover 0-${spec.model.layers} in rank order`];
}

function checkRing(spec: InstanceSpec): string[] {
  const problems: string[] = [];
  const { ringPort, addresses, shards } = spec;
  const usable = Number.isSafeInteger(ringPort) && ringPort >= lowestRingPort && ringPort <= 65_535;
  if (!usable || (ringPort >= exoPorts.first && ringPort <= exoPorts.last))
    problems.push(`${ringPort} cannot be the ring's port`);
  if (shards.length === 1) return problems;
  if (addresses.length !== shards.length || addresses.some((row) => row.length !== shards.length)) {
    return [...problems, "the addresses are not one row and one column per rank"];
  }
  for (const [from, row] of addresses.entries()) {
    for (const [to, ip] of row.entries()) {
      if (from === to || !areNeighbours(from, to, shards.length) || isRingAddress(ip)) continue;
      problems.push(`rank ${from} cannot reach rank ${to} at ${JSON.stringify(ip)}: not an IPv4 address of a machine`);
    }
  }
  return problems;
}

/** MLX's ring opens IPv4 sockets only. */
const isRingAddress = (ip: string): boolean => isIPv4(ip) && !ip.startsWith("0.") && Number(ip.split(".")[0]) < 224;
