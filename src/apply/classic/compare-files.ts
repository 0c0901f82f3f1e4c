import type { ClassicEntry } from "../../cluster/classic-entry.js";
import type { ClassicDescription } from "../../cluster/classic-report.js";
import type { ClassicComparison, FileGroup } from "./classic-cluster-report.js";

/** One node's file now, and its digest before the change. */
export interface ComparedFile {
  readonly node: string;
  readonly description: ClassicDescription;
  /** Absent where nothing was changed. */
  readonly before?: string;
}

/**
 * Compares the files of all nodes: the entries with these ids (exo looks a model's repository up in each node's own file), and
 * the files as wholes.
 */
export function compareFiles(files: readonly ComparedFile[], ids: readonly string[]): ClassicComparison {
  const groups = groupsBy(files, ({ description }) => description.digest ?? "");
  const entries = ids.flatMap((id) => entryDifferences(files, id));
  return {
    entry: entries.length === 0 ? "same" : "differs",
    files: groups.length < 2 ? "same" : "differs",
    groups,
    differences: [...entries, ...fileDifferences(files, groups)],
  };
}

/** The largest group first; equal ones in the order of their first nodes. */
function groupsBy(files: readonly ComparedFile[], keyOf: (file: ComparedFile) => string): readonly FileGroup[] {
  const nodes = new Map<string, string[]>();
  for (const file of files) nodes.set(keyOf(file), [...(nodes.get(keyOf(file)) ?? []), file.node]);
  return [...nodes]
    .map(([digest, names]) => ({ digest, nodes: names }))
    .toSorted((left, right) => right.nodes.length - left.nodes.length);
}

const entryText = (entry: ClassicEntry | undefined): string =>
  entry === undefined ? "absent" : `${entry.layers} layers, ${entry.engine}, ${entry.repo}, "${entry.label}"`;

function entryDifferences(files: readonly ComparedFile[], id: string): readonly string[] {
  const [first, ...others] = groupsBy(files, ({ description }) =>
    entryText(description.entries.find(({ entry }) => entry.id === id)?.entry),
  );
  if (first === undefined) return [];
  return others.map(
    (other) => `${id} is ${other.digest} on ${list(other.nodes)}, and ${first.digest} on ${list(first.nodes)}`,
  );
}

function fileDifferences(files: readonly ComparedFile[], groups: readonly FileGroup[]): readonly string[] {
  const [first, ...others] = groups;
  if (first === undefined) return [];
  const was = (node: string | undefined): string | undefined => files.find((file) => file.node === node)?.before;
  return others.map(({ nodes }) => {
    const [one, other] = [was(nodes[0]), was(first.nodes[0])];
    const since =
      one === undefined || other === undefined ? "" : one === other ? ", and did not before" : ", as it did before";
    return `the rest of models.py on ${list(nodes)} differs from that on ${list(first.nodes)}${since}`;
  });
}

const list = (names: readonly string[]): string =>
  names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
