import type { Topology } from "./exo-state.js";

/** Nodes in ring order. */
export type Cycle = readonly string[];

/** More cycles than this are not looked at: real exo enumerates them all and takes exponential time. */
const mostCycles = 20_000;

/** All simple directed cycles of exactly `size` nodes; single nodes count as cycles of one. */
export function cyclesOfLength(topology: Topology, size: number): readonly Cycle[] {
  if (size === 1) return topology.nodes.map((node) => [node]);
  const order = new Map(topology.nodes.map((node, at) => [node, at]));
  const neighbours = (node: string): string[] => Object.keys(topology.connections[node] ?? {});
  const found: Cycle[] = [];

  const extend = (path: readonly string[], first: number): void => {
    const last = path.at(-1);
    if (last === undefined || found.length >= mostCycles) return;
    if (path.length === size) {
      if (path[0] !== undefined && neighbours(last).includes(path[0])) found.push(path);
      return;
    }
    for (const next of neighbours(last))
      if ((order.get(next) ?? -1) > first && !path.includes(next)) extend([...path, next], first);
  };
  for (const [at, node] of topology.nodes.entries()) extend([node], at);
  return found;
}
