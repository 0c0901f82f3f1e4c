import type { NodeName } from "../../cluster/names.js";
import type { ModelOnDisk } from "../../models/sync/sync-report.js";
import { Problem } from "../../runtime/problem.js";
import type { SyncRequest } from "./sync-api.js";

/** One enrolled node, and what its agent says of the model. */
export interface SyncCandidate {
  readonly name: NodeName;
  /** Absent when it does not answer. */
  readonly onDisk?: ModelOnDisk;
  readonly trouble?: string;
}

/** Who gives and who gets. */
export interface ChosenNodes {
  /** Complete; the first one states what a copy consists of. */
  readonly sources: readonly NodeName[];
  readonly targets: readonly NodeName[];
  /** Those of the targets that do not answer, with the reason. */
  readonly silent: ReadonlyMap<NodeName, string>;
}

/** @throws Problem when a named node is not there, or nobody has the model */
export function chooseNodes(
  { from, to }: Pick<SyncRequest, "from" | "to">,
  model: string,
  candidates: readonly SyncCandidate[],
): ChosenNodes {
  const names = candidates.map(({ name }) => name);
  const unknown = [...(from === undefined ? [] : [from]), ...(to ?? [])].filter(
    (name) => !names.some((one) => one === name),
  );
  if (unknown.length > 0)
    throw new Problem(
      "usage",
      "unknown_node",
      `there is no node named ${unknown.join(", ")}`,
      names.length === 0 ? "No agent has enrolled: see `exoctl token create`." : `The nodes are ${names.join(", ")}.`,
    );
  const complete = candidates.filter(({ onDisk }) => onDisk?.complete === true).map(({ name }) => name);
  const sources = from === undefined ? complete : complete.filter((name) => name === from);
  if (sources.length === 0) throw noSource(model, from, candidates);
  const wanted = candidates.filter(({ name }) => (to === undefined ? !complete.includes(name) : to.includes(name)));
  const targets = wanted.filter(({ name }) => !sources.includes(name));
  const silent = targets.filter(({ onDisk }) => onDisk === undefined);
  return {
    sources,
    targets: targets.filter(({ onDisk }) => onDisk !== undefined).map(({ name }) => name),
    silent: new Map(silent.map(({ name, trouble }) => [name, trouble ?? "its agent does not answer"])),
  };
}

function noSource(model: string, from: string | undefined, candidates: readonly SyncCandidate[]): Problem {
  const silent = candidates.filter(({ onDisk }) => onDisk === undefined).map(({ name }) => name);
  const who = from ?? "no node that answers";
  const hint =
    silent.length === 0
      ? "Let one node download it first: `exoctl run MODEL`, or put its folder into that node's models folder."
      : `These agents do not answer and may have it: ${silent.join(", ")}.`;
  const verb = from === undefined ? "has" : "does not have";
  return new Problem("failed", "no_source", `${who} ${verb} the complete files of ${model}`, hint);
}
