import { type ClassicNode, classicPartitions, classicShards } from "../cluster/classic-ring.js";
import type { PlacedStage } from "./evaluate-placement.js";
import { planCluster } from "./plan-cluster.js";
import type { PlanProblem } from "./plan-problem.js";
import type { Reason } from "./reason.js";

const isEmpty = ({ layers }: PlacedStage): boolean => layers.end <= layers.start;

/** Why a ring in which a node gets no layers must not be started, and which machines to leave out; undefined where all get some. */
export function emptyStage(
  ring: readonly ClassicNode[],
  placed: readonly PlacedStage[],
  layers: number,
): Reason | undefined {
  const empty = placed.find(isEmpty);
  if (empty === undefined) return undefined;
  const out = toLeaveOut(ring, layers);
  const message = `exo 0.0.x would give ${empty.node} no layers of ${layers}, and a ring with such a node answers nothing.`;
  const names = out.join(" and ");
  const fix = `Leave out ${names} (\`cordon: true\` under \`nodes:\`), or set exo.classic.forceLayers: true.`;
  return { code: "node_without_layers", node: empty.node, message, fix };
}

/** The fewest of the smallest machines without which every other one gets a layer; one alone where any will do. */
function toLeaveOut(ring: readonly ClassicNode[], layers: number): readonly string[] {
  const bySize = ring.toSorted((left, right) => left.memory - right.memory);
  const works = (rest: readonly ClassicNode[]): boolean =>
    rest.length > 0 && !classicShards(classicPartitions(rest), layers).some(isEmpty);
  const alone = bySize.find((node) => works(ring.filter((other) => other !== node)));
  if (alone !== undefined) return [alone.id];
  let count = 2;
  while (count < bySize.length && !works(bySize.slice(count))) count += 1;
  return bySize.slice(0, count).map(({ id }) => id);
}

/** Why not even forced values make a ring that fits: the planner's own words where it finds none either. */
export function infeasibleRing(problem: PlanProblem): readonly Reason[] {
  const free = planCluster(problem);
  if (free.kind === "infeasible") return free.shortfalls;
  const message =
    "The layers fit on these machines, but not with larger ranges first, which is the only order that exo 0.0.x knows.";
  return [{ code: "classic_order", message, fix: "Leave out the machine with the least memory, or use exo 1.x." }];
}
