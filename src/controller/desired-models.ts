import { parse, stringify } from "yaml";
import type { ModelEntry } from "../config/cluster-spec.js";
import { readClusterSpec } from "../config/read-cluster-spec.js";
import type { KnownModels } from "../models/known-models.js";
import { Problem } from "../runtime/problem.js";
import { unknownModel } from "./planning-problem.js";
import type { DesiredState } from "./state-store.js";

/** One model as a cluster file writes it. */
export type WrittenModel = DesiredState["models"][number];

/** The one that a cluster file means when it names none. */
const usualQuantization = "MXFP4-Q8";

/** What a cluster file without a `models` section means. */
const defaultModels: readonly WrittenModel[] = [{ name: "gpt-oss-120b" }];

/** The models of a checked cluster file, as written. */
export function writtenModels(clusterYaml: string): readonly WrittenModel[] {
  const document: unknown = parse(clusterYaml);
  const models =
    typeof document === "object" && document !== null ? (document as Record<string, unknown>).models : undefined;
  return Array.isArray(models) ? (models as WrittenModel[]) : defaultModels;
}

/** The models of a desired state, checked again, with defaults filled in. */
export function readDesiredModels(desired: Pick<DesiredState, "models">): readonly ModelEntry[] {
  const read = readClusterSpec(stringify({ apiVersion: "exoctl/v1", models: desired.models }), "desired state");
  if (read.kind === "ok") return read.spec.models;
  const first = read.issues[0];
  throw new Problem(
    "failed",
    "bad_desired_state",
    `the stored desired state can't be read: ${first?.path ?? ""} ${first?.problem ?? ""}`,
    "Apply a cluster file: exoctl apply -f cluster.yaml",
  );
}

const isSame = (left: unknown, right: unknown): boolean => JSON.stringify(left) === JSON.stringify(right);

interface Author {
  readonly by: string;
  readonly at: number;
  readonly reason: string;
}

/**
 * The desired state once a cluster file has been applied: the same one when the file says nothing new, else the next
 * generation. Models that `run` added stay beside those of the file.
 */
export function applyFile(
  before: DesiredState | undefined,
  fromFile: readonly WrittenModel[],
  author: Author,
): DesiredState {
  // What the file names is the file's from now on, and goes when the file drops it.
  const added = (before?.added ?? []).filter((name) => !fromFile.some((model) => model.name === name));
  const kept = (before?.models ?? []).filter((model) => added.includes(String(model.name)));
  return nextDesired(before, [...fromFile, ...kept], added, author);
}

/**
 * The desired state once `name` is wanted.
 *
 * @throws Problem `unknown_model` when neither the desired state has it nor `known`
 */
export function addModel(
  before: DesiredState | undefined,
  name: string,
  known: KnownModels,
  author: Author,
): DesiredState {
  const models = before?.models ?? [];
  if (before !== undefined && models.some((model) => model.name === name)) return before;
  if (known.find({ name, quantization: usualQuantization }) === undefined) throw unknownModel(name, known);
  return nextDesired(before, [...models, { name }], [...(before?.added ?? []), name], author);
}

function nextDesired(
  before: DesiredState | undefined,
  models: readonly WrittenModel[],
  added: readonly string[],
  author: Author,
): DesiredState {
  if (before !== undefined && isSame(before.models, models) && isSame(before.added ?? [], added)) return before;
  return {
    generation: (before?.generation ?? 0) + 1,
    appliedAt: author.at,
    appliedBy: author.by,
    reason: author.reason,
    models,
    added,
  };
}
