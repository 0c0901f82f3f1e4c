import type { ClassicChange, ClassicNode } from "./classic-change.js";
import type { ClassicClusterReport, ClassicComparison, ClassicNodeResult } from "./classic-cluster-report.js";
import { type ComparedFile, compareFiles } from "./compare-files.js";
import { type ReadyNode, reportedResult, resultOf, type Step } from "./node-result.js";
import { takeBackAll } from "./take-back.js";

export interface EverywhereOptions {
  readonly effect: "write" | "show";
  readonly step: Step;
}

interface LookedNode {
  readonly result: ClassicNodeResult;
  readonly before?: string;
  /** Absent where nothing is to be written, or nothing can be. */
  readonly ready?: ReadyNode;
}

/** How a write went. `unsure`: the call broke off, so that nobody knows. */
interface WrittenNode extends ReadyNode {
  readonly state: "written" | "refused" | "unsure";
  readonly result: ClassicNodeResult;
}

/**
 * Makes one change to the `models.py` of every node, or of none. All are first asked what they would do; only if all of them can,
 * one after the other is written, and what was written is taken back when a later one fails. Then the files are compared.
 */
export async function changeEverywhere(
  nodes: readonly ClassicNode[],
  change: ClassicChange,
  { effect, step }: EverywhereOptions,
  signal: AbortSignal,
): Promise<ClassicClusterReport> {
  const looked = await step(
    "look at models.py",
    () => Promise.all(nodes.map((node) => look(node, change, signal))),
    (all) => `${all.length} nodes`,
  );
  const results = looked.map(({ result }) => result);
  const ended = (outcome: ClassicClusterReport["outcome"], later: readonly ClassicNodeResult[] = []) => ({
    outcome,
    id: change.id,
    nodes: results.map((result) => later.findLast(({ node }) => node === result.node) ?? result),
    comparison: null,
  });
  if (!results.every(isPossible)) return ended("not-possible");
  const ready = looked.flatMap((each) => (each.ready === undefined ? [] : [each.ready]));
  if (effect === "show") return ended(ready.length === 0 ? "unchanged" : "would-write");
  const written = await writeAll(ready, change, step, signal);
  const made = written.map(({ result }) => result);
  const last = written.at(-1);
  if (last !== undefined && last.state !== "written") {
    const suspects = written.filter(({ state }) => state !== "refused");
    const back = await takeBackAll(change, suspects, step);
    const untouched = ready.slice(written.length).map(({ shown }) => resultOf(shown.node, "untouched"));
    const isWhole = back.every(({ outcome }) => outcome === "reverted" || outcome === "untouched");
    return ended(isWhole ? "reverted" : "not-reverted", [...untouched, ...made, ...back]);
  }
  const comparison = await step(
    "compare models.py",
    () => compareNow(nodes, change.id, looked, signal),
    ({ entry, files }) => `entry: ${entry}, files: ${files}`,
  );
  return { ...ended(ready.length === 0 ? "unchanged" : "done", made), comparison };
}

const possible: ReadonlySet<string> = new Set(["would-write", "unchanged", "absent"]);
const isPossible = ({ outcome }: ClassicNodeResult): boolean => possible.has(outcome);

async function look(node: ClassicNode, change: ClassicChange, signal: AbortSignal): Promise<LookedNode> {
  try {
    const shown = await change.show(node, signal);
    const { digest } = shown.description;
    const before = digest === undefined ? {} : { before: digest };
    if (shown.report === "absent") return { ...before, result: resultOf(node, "absent") };
    const result = reportedResult(node, shown.report);
    const { digests } = shown.report;
    if (shown.report.outcome !== "would-write" || digests === undefined) return { ...before, result };
    return { ...before, result, ready: { shown, digests } };
  } catch (error) {
    signal.throwIfAborted();
    return { result: resultOf(node, "no-answer", error) };
  }
}

/** One after the other, so that the first that fails leaves as few as possible to take back. */
async function writeAll(
  ready: readonly ReadyNode[],
  change: ClassicChange,
  step: Step,
  signal: AbortSignal,
): Promise<readonly WrittenNode[]> {
  const written: WrittenNode[] = [];
  for (const each of ready) {
    const work = () => write(each, change, signal);
    const done = await step(`write models.py on ${each.shown.node.name}`, work, ({ result }) => result.outcome);
    written.push(done);
    if (done.state !== "written") break;
  }
  return written;
}

async function write(ready: ReadyNode, change: ClassicChange, signal: AbortSignal): Promise<WrittenNode> {
  const { shown, digests } = ready;
  try {
    const report = await change.write(shown, digests, signal);
    const state = ["added", "replaced", "removed"].includes(report.outcome) ? "written" : "refused";
    return { ...ready, state, result: reportedResult(shown.node, report) };
  } catch (error) {
    return { ...ready, state: "unsure", result: resultOf(shown.node, "unknown", error) };
  }
}

async function compareNow(
  nodes: readonly ClassicNode[],
  id: string,
  looked: readonly LookedNode[],
  signal: AbortSignal,
): Promise<ClassicComparison> {
  const described = await Promise.allSettled(nodes.map(({ registry }) => registry.describe([id], signal)));
  const files = described.flatMap((each, index): ComparedFile[] => {
    const node = nodes[index]?.name ?? "";
    const before = looked[index]?.before;
    if (each.status === "rejected") return [];
    return [{ node, description: each.value, ...(before === undefined ? {} : { before }) }];
  });
  const silent = nodes.map(({ name }) => name).filter((name) => !files.some(({ node }) => node === name));
  const compared = compareFiles(files, [id]);
  const missing = silent.map((name) => `${name} did not answer when the files were compared`);
  return { ...compared, differences: [...compared.differences, ...missing] };
}
