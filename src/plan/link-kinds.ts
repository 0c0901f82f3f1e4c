import { hasThunderbolt5 } from "../cluster/chips.js";
import { listNames } from "./format-units.js";
import type { PlanLink, PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";

/** No link over TCP is this quick: RDMA hops take 0.6 ms, those over Thunderbolt 1.5 ms (placement reference 3.5). */
const rdmaAlphaSec = 0.8e-3;
const rdmaBytesPerSec = 4e9;

/** Whether a link carries RDMA: by its kind, or by its figures where a request names none. */
export function isRdma(link: PlanLink): boolean {
  if (link.kind !== undefined) return link.kind === "rdma";
  return link.alphaSec <= rdmaAlphaSec && link.bytesPerSec >= rdmaBytesPerSec;
}

/** What tensor pairs talk over, in one direction each. */
const rdmaLinks = (problem: PlanProblem): readonly PlanLink[] =>
  (problem.tensorLinks ?? problem.links).filter((link) => isRdma(link));

/** Pairs of usable nodes with RDMA in both directions, names in order, sorted. */
export function rdmaPairs(problem: PlanProblem): readonly (readonly [one: string, other: string])[] {
  const usable = new Set(problem.nodes.filter((node) => !node.cordoned).map((node) => node.name));
  const links = rdmaLinks(problem).filter((link) => usable.has(link.from) && usable.has(link.to));
  const directions = new Set(links.map((link) => JSON.stringify([link.from, link.to])));
  return links
    .filter(({ from, to }) => from < to && directions.has(JSON.stringify([to, from])))
    .map(({ from, to }) => [from, to] as const)
    .toSorted(([a, b], [c, d]) => (a < c ? -1 : a > c ? 1 : b < d ? -1 : b > d ? 1 : 0));
}

/** Says which of the used nodes are given RDMA although their Macs have no Thunderbolt 5. */
export function impossibleRdma({ nodes, links }: PlanProblem, used: ReadonlySet<string>): readonly Reason[] {
  const ends = new Set(
    links
      .filter(({ kind, from, to }) => kind === "rdma" && used.has(from) && used.has(to))
      .flatMap(({ from, to }) => [from, to]),
  );
  const names = nodes
    .filter(({ name, chip }) => ends.has(name) && chip !== undefined && hasThunderbolt5(chip) === false)
    .map((node) => node.name)
    .toSorted();
  if (names.length === 0) return [];
  const message = `RDMA needs Thunderbolt 5 at both ends, which ${listNames(names)} ${names.length > 1 ? "do" : "does"} not have: such a link only works over TCP.`;
  return [{ code: "rdma_impossible", message }];
}

/** Whether two nodes, cordoned or not, have RDMA in both directions. */
export const haveRdma = (problem: PlanProblem, one: string, other: string): boolean =>
  [
    [one, other],
    [other, one],
  ].every(([from, to]) => rdmaLinks(problem).some((link) => link.from === from && link.to === to));
