import type { PlanNode, PlanProblem } from "../../src/plan/plan-problem.js";
import { createIntegerProgram, type IntegerProgram } from "./integer-program.js";
import {
  criticalHead,
  type FormulaCost,
  type FormulaStage,
  type PlanFormulas,
  planFormulas,
  ringCost,
  stageNeed,
} from "./plan-formulas.js";

/** What every column of the program is about. */
interface Parts {
  readonly problem: PlanProblem;
  readonly formulas: PlanFormulas;
  readonly nodes: readonly PlanNode[];
  readonly layers: number;
  /** Minimise the longest stage or link; otherwise the step, with none of them longer than `limitSec`. */
  readonly goal: "period" | "latency";
  readonly limitSec: number;
}

/** Milliseconds keep the numbers of the program near 1. */
const ms = 1000;

/** Rank and number of stages of a block, as far as they matter: first, last, both or neither. */
function placeOf({ layers }: Parts, start: number, end: number): readonly [rank: number, stages: number] {
  if (start === 0) return end === layers ? [0, 1] : [0, 3];
  return end === layers ? [2, 3] : [1, 3];
}

const layersSec = ({ formulas }: Parts, { node, start, end }: FormulaStage): number => {
  let sec = 0;
  for (let layer = start; layer < end; layer += 1) sec += formulas.layerSec(node, layer);
  return sec;
};

function declareRows({ problem, nodes, layers }: Parts, program: IntegerProgram): void {
  program.row("begin", "=", 1);
  program.row("least", ">=", problem.minNodes);
  program.row("most", "<=", problem.maxNodes);
  nodes.forEach((_, node) => {
    program.row(`once_${node}`, "<=", 1);
    program.row(`stage_${node}`, "<=", 0);
    program.row(`first_${node}`, "=", 0);
    program.row(`last_${node}`, "=", 0);
    for (let layer = 1; layer < layers; layer += 1) {
      program.row(`in_${node}_${layer}`, "=", 0);
      program.row(`out_${node}_${layer}`, "=", 0);
    }
    nodes.forEach((_other, to) => {
      program.row(`link_${node}_${to}`, "<=", 0);
    });
  });
}

/** One column for every block that fits: it takes a ring in where it begins and hands it on where it ends. */
function addBlocks(parts: Parts, program: IntegerProgram): void {
  const { problem, formulas, nodes, layers, goal, limitSec } = parts;
  for (const [index, node] of nodes.entries()) {
    const head = formulas.headSec(node);
    for (let start = 0; start < layers; start += 1) {
      for (let end = start + 1; end <= layers; end += 1) {
        const stage = { node, start, end };
        const [rank, stages] = placeOf(parts, start, end);
        const sec = layersSec(parts, stage);
        const stageSec = sec + (formulas.hasHead(rank, stages) ? head : 0);
        if (stageNeed(formulas, stage, rank, stages) > node.budgetBytes || stageSec > limitSec) continue;
        const isCritical = problem.outputPolicy === "replicated" ? start === 0 : end === layers;
        const cost = goal === "period" ? 0 : ms * (sec + (isCritical ? head : 0));
        program.column(`y_${index}_${start}_${end}`, "whole", cost, [
          [`once_${index}`, 1],
          ["least", 1],
          ["most", 1],
          ...(goal === "period" ? ([[`stage_${index}`, ms * stageSec]] as const) : []),
          ...(start === 0 ? ([["begin", 1]] as const) : ([[`in_${index}_${start}`, 1]] as const)),
          ...(end < layers ? ([[`out_${index}_${end}`, 1]] as const) : []),
          ...(start === 0 && end < layers ? ([[`first_${index}`, 1]] as const) : []),
          ...(end === layers && start > 0 ? ([[`last_${index}`, 1]] as const) : []),
        ]);
      }
    }
  }
}

/** Columns for hops: from a node that ends at a layer to one that begins there, and from the last one to the first. */
function addHops({ formulas, nodes, layers, goal, limitSec }: Parts, program: IntegerProgram): void {
  const add = (name: string, link: string, hop: ReturnType<PlanFormulas["hop"]>, rows: readonly string[]): void => {
    if (hop.sec === Number.POSITIVE_INFINITY || hop.transferSec > limitSec) return;
    program.column(name, "share", goal === "period" ? 0 : ms * hop.sec, [
      ...rows.map((row) => [row, -1] as const),
      ...(goal === "period" ? ([[link, ms * hop.transferSec]] as const) : []),
    ]);
  };
  for (const [from, source] of nodes.entries()) {
    for (const [to, sink] of nodes.entries()) {
      if (from === to) continue;
      const link = `link_${from}_${to}`;
      const hop = formulas.hop(source, sink);
      for (let layer = 1; layer < layers; layer += 1) {
        add(`z_${from}_${to}_${layer}`, link, hop, [`out_${from}_${layer}`, `in_${to}_${layer}`]);
      }
      add(`w_${from}_${to}`, link, formulas.home(source, sink), [`last_${from}`, `first_${to}`]);
    }
  }
}

/** The longest stage or link, which no stage and no link may exceed. */
function addPeriod({ nodes }: Parts, program: IntegerProgram): void {
  const rows = nodes.flatMap((_, node) => [`stage_${node}`, ...nodes.map((_other, to) => `link_${node}_${to}`)]);
  program.column(
    "period",
    "free",
    1,
    rows.map((row) => [row, -1] as const),
  );
}

/** What the chosen blocks cost by the formulas: exact, where the program only knows its own tolerance. */
function costOf(parts: Parts, columns: ReadonlySet<string>): FormulaCost {
  const { problem, formulas } = parts;
  const stages = [...columns]
    .filter((name) => name.startsWith("y_"))
    .map((name) => name.split("_").slice(1).map(Number))
    .map(([node = 0, start = 0, end = 0]) => ({ node: parts.nodes[node] as PlanNode, start, end }))
    .toSorted((one, other) => one.start - other.start);
  const order = stages.map((stage) => stage.node);
  const ring = ringCost(formulas, order);
  const seconds = stages.map((stage) => layersSec(parts, stage));
  const heads = order.map((node, rank) => (formulas.hasHead(rank, order.length) ? formulas.headSec(node) : 0));
  return {
    latencySec: seconds.reduce((sum, sec) => sum + sec, ring.sec) + formulas.headSec(criticalHead(problem, order)),
    periodSec: Math.max(ring.transferSec, ...seconds.map((sec, rank) => sec + (heads[rank] ?? 0))),
  };
}

async function solve(parts: Parts): Promise<FormulaCost | undefined> {
  const program = createIntegerProgram();
  declareRows(parts, program);
  addBlocks(parts, program);
  addHops(parts, program);
  if (parts.goal === "period") addPeriod(parts, program);
  const columns = await program.solve();
  return columns === undefined ? undefined : costOf(parts, columns);
}

/**
 * The best pipeline without pins by an integer program: blocks as flow from layer 0 to the last, hops as flow between the
 * node that ends at a layer and the one that begins there, at most one block a node. Another method, on costs of its own.
 *
 * @returns undefined when the program has no solution
 */
export async function solveWithHighs(problem: PlanProblem): Promise<FormulaCost | undefined> {
  const parts = {
    problem,
    formulas: planFormulas(problem),
    nodes: problem.nodes.filter((node) => !node.cordoned),
    layers: problem.model.layers,
    limitSec: Number.POSITIVE_INFINITY,
  };
  if (problem.objective !== "bottleneck") return await solve({ ...parts, goal: "latency" });
  const shortest = await solve({ ...parts, goal: "period" });
  if (shortest === undefined) return undefined;
  return await solve({ ...parts, goal: "latency", limitSec: shortest.periodSec * (1 + 1e-11) });
}
