import type { ClassicEntry } from "../../cluster/classic-entry.js";
import type { NodeName } from "../../cluster/names.js";
import { Problem } from "../../runtime/problem.js";
import type { StepResult } from "../steps.js";
import { changeEverywhere } from "./change-everywhere.js";
import { addingEntry, type ClassicNode } from "./classic-change.js";
import type { ClassicClusterReport, ClassicNodeResult } from "./classic-cluster-report.js";
import type { Step } from "./node-result.js";
import type { RingTarget } from "./ring-target.js";
import type { RingAccess } from "./ring-view.js";

interface EntryContext {
  readonly target: Pick<RingTarget, "model" | "accepted">;
  readonly access: Pick<RingAccess, "agent">;
  readonly note: (text: string) => void;
}

/** Gives every node the entry, or none. @throws Problem that says in an admin's words what stands in the way, and where */
export async function ensureClassicEntry(
  context: EntryContext,
  names: readonly NodeName[],
  entry: ClassicEntry,
  signal: AbortSignal,
): Promise<StepResult> {
  const report = await addEverywhere(context, names, entry, "write", signal);
  return { outcome: report.outcome, effect: report.outcome === "unchanged" ? "none" : "changed" };
}

/** Asks every node what the entry would meet there. Changes nothing. @throws Problem as `ensureClassicEntry` */
export async function checkClassicEntry(
  context: EntryContext,
  names: readonly NodeName[],
  entry: ClassicEntry,
  signal: AbortSignal,
): Promise<void> {
  await addEverywhere(context, names, entry, "show", signal);
}

async function addEverywhere(
  { target, access, note }: EntryContext,
  names: readonly NodeName[],
  entry: ClassicEntry,
  effect: "write" | "show",
  signal: AbortSignal,
): Promise<ClassicClusterReport> {
  const nodes = names.map((name): ClassicNode => {
    const agent = access.agent(name);
    if (agent !== undefined) return { name, registry: agent.classic };
    throw new Problem("unreachable", "agent_unreachable", `the agent on ${name} cannot be reached`);
  });
  const step: Step = async (text, work, outcomeOf) => {
    const value = await work();
    note(`${text}: ${outcomeOf(value)}`);
    return value;
  };
  const wish = { entry, model: target.model, accepted: target.accepted, whenDifferent: "replace" as const };
  const report = await changeEverywhere(nodes, addingEntry(wish), { effect, step }, signal);
  if (report.outcome === "done" || report.outcome === "unchanged" || report.outcome === "would-write") return report;
  throw notPossible(report, target);
}

function notPossible(
  { nodes }: ClassicClusterReport,
  { model, accepted }: Pick<RingTarget, "model" | "accepted">,
): Problem {
  const found = nodes.flatMap((node) =>
    obstacles(node, accepted).map((obstacle) => ({ node: node.node, ...obstacle })),
  );
  const messages = [...new Set(found.map(({ message }) => message))].map((message) => {
    const where = found.filter((each) => each.message === message).map(({ node }) => node);
    return `${message} (${where.join(", ")})`;
  });
  const fixes = [...new Set(found.map(({ fix }) => fix))].filter((fix) => fix !== "");
  const blocked = nodes.some(({ outcome }) => outcome === "blocked");
  const ways = blocked
    ? [
        "Use exo 1.x for this model. Where this exo was patched, say so with exo.classic.patched: true; to try the ring without a model, exo.classic.engine: dummy.",
      ]
    : [];
  return new Problem(
    "failed",
    blocked ? "classic_cannot_run" : "classic_entry",
    `exo 0.0.x cannot be given ${model}; nothing else was changed: ${messages.join("; ")}`,
    [...fixes, ...ways].join(" "),
  );
}

function obstacles(
  { report, trouble, outcome }: ClassicNodeResult,
  accepted: readonly string[],
): readonly { readonly message: string; readonly fix: string }[] {
  if (trouble !== null) return [{ message: trouble, fix: "" }];
  if (report === null) return [];
  const faults = outcome === "blocked" && "findings" in report ? report.findings : [];
  return [
    ...report.refusals,
    ...faults.filter(({ weight, code }) => weight === "blocks" && !accepted.includes(code)),
  ].map(({ message, fix }) => ({ message, fix }));
}
