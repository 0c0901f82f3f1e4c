import highsLoader, { type LegacyHighs } from "highs";
import { findBlockEnds } from "../../src/plan/block-ends.js";
import { prepareTables } from "../../src/plan/cost-tables.js";
import type { PlanProblem } from "../../src/plan/plan-problem.js";
import { latencySpace } from "../../src/plan/search-space.js";

/** The package's types miss that its module is a function. */
const loadHighs = highsLoader as unknown as () => Promise<LegacyHighs>;

/**
 * The least step time of a pipeline by an integer program: blocks as flow from layer 0 to the last, hops as flow between
 * the node that ends at a layer and the one that begins there, at most one block a node. Another method on the same costs.
 *
 * @returns undefined when the program has no solution
 */
export async function solveWithHighs(problem: PlanProblem): Promise<number | undefined> {
  const tables = prepareTables(problem, "usable");
  const space = latencySpace(problem, tables, findBlockEnds(problem, tables));
  const { nodeCount, layers } = space;
  const row = layers + 1;
  const terms: string[] = [];
  const names: string[] = [];
  const flow = new Map<string, string[]>();
  const add = (
    name: string,
    costSec: number,
    ends: readonly (readonly [constraint: string, sign: "+" | "-"])[],
  ): void => {
    names.push(name);
    terms.push(`+ ${(costSec * 1000).toPrecision(15)} ${name}`);
    for (const [constraint, sign] of ends) flow.set(constraint, [...(flow.get(constraint) ?? []), `${sign} ${name}`]);
  };
  for (let node = 0; node < nodeCount; node += 1) {
    const first = space.firstSec[node] ?? 0;
    for (let start = 0; start < layers; start += 1) {
      for (let end = start + 1; end <= layers; end += 1) {
        const position = start === 0 ? (end === layers ? "only" : "first") : end === layers ? "last" : "middle";
        if ((space.ends[position].far[node * row + start] ?? 0) < end) continue;
        const sec = (space.computeSec[node * row + end] ?? 0) - (space.computeSec[node * row + start] ?? 0);
        const last = end === layers ? (space.lastSec[node] ?? 0) : 0;
        add(`y_${node}_${start}_${end}`, sec + last + (start === 0 ? first : 0), [
          [`in_${node}_${start}`, "+"],
          [`out_${node}_${end}`, "+"],
          [`once_${node}`, "+"],
          ...(position === "first" ? ([[`first_${node}`, "+"]] as const) : []),
          ...(position === "last" ? ([[`last_${node}`, "+"]] as const) : []),
        ]);
      }
    }
  }
  for (let from = 0; from < nodeCount; from += 1) {
    for (let to = 0; to < nodeCount; to += 1) {
      const at = from * nodeCount + to;
      if (from === to) continue;
      for (let layer = 1; layer < layers; layer += 1) {
        if ((space.hopSec[at] ?? 0) === Number.POSITIVE_INFINITY) continue;
        add(`z_${from}_${to}_${layer}`, space.hopSec[at] ?? 0, [
          [`out_${from}_${layer}`, "-"],
          [`in_${to}_${layer}`, "-"],
        ]);
      }
      if ((space.returnSec[at] ?? 0) === Number.POSITIVE_INFINITY) continue;
      add(`w_${from}_${to}`, space.returnSec[at] ?? 0, [
        [`last_${from}`, "-"],
        [`first_${to}`, "-"],
      ]);
    }
  }
  const constraints: string[] = [];
  for (const [name, parts] of flow) {
    if (name.startsWith("once_")) constraints.push(` ${name}: ${parts.join(" ")} <= 1`);
    else if (!/^in_\d+_0$/.test(name) && !name.endsWith(`_${layers}`))
      constraints.push(` ${name}: ${parts.join(" ")} = 0`);
    else if (name.startsWith("first_") || name.startsWith("last_"))
      constraints.push(` ${name}: ${parts.join(" ")} = 0`);
  }
  const begins = names.filter((name) => /^y_\d+_0_/.test(name));
  constraints.push(` begin: ${begins.map((name) => `+ ${name}`).join(" ")} = 1`);
  const text = `Minimize\n obj: ${terms.join("\n ")}\nSubject To\n${constraints.join("\n")}\nBinary\n ${names.join("\n ")}\nEnd\n`;
  const highs = await loadHighs();
  const solution = highs.solve(text, { mip_rel_gap: 1e-9 });
  return solution.Status === "Optimal" ? solution.ObjectiveValue / 1000 : undefined;
}
