import type { SearchSpace } from "./search-space.js";

/** More than any ring can cost. */
export function mostRingSec({
  nodeCount,
  layers,
  hopSec,
  returnSec,
  computeSec,
  firstSec,
  lastSec,
}: SearchSpace): number {
  const most = (values: Float64Array): number =>
    values.reduce((high, value) => (value < Number.POSITIVE_INFINITY && value > high ? value : high), 0);
  const slowest = most(
    Float64Array.from({ length: nodeCount }, (_, node) => computeSec[(node + 1) * (layers + 1) - 1] ?? 0),
  );
  return (slowest + most(firstSec) + most(lastSec) + layers * most(hopSec) + most(returnSec)) * 1.001;
}
