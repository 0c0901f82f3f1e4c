import type { ClusterView } from "../../apply/cluster-access.js";
import { copyNumber } from "../../cluster/copy-entry.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import type { ModelEntry } from "../../config/cluster-spec.js";
import { Problem } from "../../runtime/problem.js";
import type { AddedModel } from "../added-models.js";
import type { RemoveModelRequest } from "./entries-api.js";
import type { RemovalTarget } from "./removal-target.js";

/** What may need a model. */
export interface ModelUses {
  readonly desired: readonly ModelEntry[];
  /** Names of those that a command wants beside the cluster file's. */
  readonly addedByRun: readonly string[];
  readonly entryOf: (model: ModelEntry) => EntrySpec | undefined;
  readonly added: readonly AddedModel[];
  readonly view: ClusterView;
}

/** @throws Problem that says what has to be done first, when somebody needs the entry, or the files that are to go */
export function refuseRemoval(
  target: RemovalTarget,
  { files, named }: Pick<RemoveModelRequest, "files" | "named">,
  uses: ModelUses,
): void {
  const entry = { modelId: target.entryId };
  const wanted = uses.desired.find((model) => {
    const own = uses.entryOf(model);
    const runsEntry = model.entry === "own" && own?.modelId === target.entryId;
    return runsEntry || (files === "remove" && own !== undefined && own.weightsOf === target.weightsOf);
  });
  if (wanted !== undefined) throw isDesired(wanted.name, uses.addedByRun.includes(wanted.name));
  const ids = files === "remove" ? idsOfWeights(target, uses.view) : new Set<string>();
  const running = uses.view.deployment.instances.find(
    ({ modelId }) => copyNumber(entry, modelId) !== undefined || ids.has(modelId),
  );
  if (running !== undefined) throw isRunning(target.name, running.id, running.owner);
  if (files === "keep") {
    if (named !== undefined)
      throw new Problem(
        "usage",
        "named_without_files",
        "--named says whose files may go, and no files are to",
        "Add --files.",
      );
    return;
  }
  refuseFiles(target, named, uses);
}

function refuseFiles(target: RemovalTarget, named: string | undefined, { added, view }: ModelUses): void {
  const { weightsOf } = target;
  if (weightsOf === undefined)
    throw new Problem(
      "failed",
      "files_unknown",
      `no node tells which files ${target.entryId} stands for`,
      "Remove the entry without --files, and the files by their own id: exoctl model remove OWNER/NAME --files",
    );
  if (named !== undefined && named !== weightsOf)
    throw new Problem(
      "usage",
      "other_name",
      `the files of ${target.name} are those of ${weightsOf}, not of ${named}`,
      `If these shall go, also where exoctl did not put them: --files --named ${weightsOf}`,
    );
  const other = added.find(({ entry }) => entry.modelId !== target.entryId && entry.weightsOf === weightsOf);
  if (other !== undefined)
    throw new Problem(
      "failed",
      "files_needed",
      `${other.entry.modelId} stands for the same files`,
      `Remove it first: exoctl model remove ${other.entry.modelId}`,
    );
  const download = view.deployment.downloads.find((item) => item.modelId === weightsOf && item.state === "ongoing");
  if (download !== undefined)
    throw new Problem(
      "failed",
      "download_running",
      `exo on ${download.node ?? "a node"} is downloading ${weightsOf}`,
      "Wait until it has ended, or stop it in exo.",
    );
}

/** Every id that runs on these files. */
function idsOfWeights({ weightsOf }: RemovalTarget, { registries }: ClusterView): ReadonlySet<string> {
  if (weightsOf === undefined) return new Set();
  const links = [...registries.values()].flatMap(({ models }) => models.filter(({ linkTo }) => linkTo === weightsOf));
  return new Set([weightsOf, ...links.map(({ modelId }) => modelId)]);
}

const isDesired = (name: string, byRun: boolean): Problem =>
  new Problem(
    "failed",
    "model_desired",
    `${name} is one of the models that this cluster shall run`,
    byRun
      ? "It was added by `exoctl run`: write it under `models:` of the cluster file and apply that, then take it out and apply again."
      : "Take it out of `models:` in the cluster file, then: exoctl apply -f cluster.yaml",
  );

const isRunning = (name: string, instance: string, owner: "ours" | "foreign"): Problem =>
  new Problem(
    "failed",
    "model_running",
    `instance ${instance} runs ${name}`,
    owner === "ours"
      ? "exoctl ends it when no model needs it any more: exoctl apply"
      : "exoctl did not make it: end it in exo, then try again.",
  );
