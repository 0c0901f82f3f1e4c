import type { ModelId } from "../cluster/names.js";
import type { LinkOwner } from "../cluster/registry-report.js";
import type { ModelFiles } from "../models/inspect/model-files.js";

/** One card file below exo's custom cards folder. */
export interface CardFile {
  /** For people and logs. */
  readonly path: string;
  /** Whether it lies in our sub-folder. */
  readonly inOurFolder: boolean;
  readonly text: string;
}

/** What stands in one of exo's models folders under a model's name. */
export interface ModelFolder {
  readonly modelId: ModelId;
  readonly path: string;
  readonly kind: "folder" | "link";
  /** Whether the agent made this link, and it leads where it was made to; or whether it made this folder of links. */
  readonly ours: boolean;
  /** Whose link it is; absent for a folder. */
  readonly link?: LinkOwner;
  /** Set for a folder with nothing in it, such as exo leaves behind when it is asked for a model that it can't find. */
  readonly empty?: true;
  /** Where it really is; absent when that is outside every models folder that the agent was told of, or nowhere. */
  readonly resolved?: string;
  /** exo's rule: an index of safetensors is there, and so is every file that it names. */
  readonly complete: boolean;
  /** Of all its files; absent when it leads outside, or nowhere. */
  readonly bytes?: number;
  /** How many weight files its indexes name, and how many of them are there; absent without a readable index. */
  readonly weightFiles?: { readonly present: number; readonly named: number };
}

/** A model in one of the further folders that the agent was told of at installation. They are only read. */
export interface LocalModel {
  readonly modelId: ModelId;
  readonly path: string;
  /** Where it really is. */
  readonly resolved: string;
  /**
   * How exo is brought to take it for complete. `link`: its own rule is met. `gather`: one weight file without an index, so it
   * needs a folder with links to the files and an index. `none`: files are missing.
   */
  readonly use: "link" | "gather" | "none";
}

/**
 * exo's registry on disk: card files and model folders. All paths come from what the agent was told at installation and from
 * checked model ids; everything is refused that would leave those folders once links are resolved.
 *
 * Rejects with `RegistryPathError` when something that must not be touched is in the way.
 */
export interface RegistryFiles {
  /** Every card below the custom cards folder, ours and others. */
  cards(): Promise<readonly CardFile[]>;
  /** Our card of this model, whoever wrote the file; undefined when there is none. */
  readOurCard(id: ModelId): Promise<string | undefined>;
  /** All or nothing: a reader sees the old text or the new one, also when the machine stops in between. */
  writeOurCard(id: ModelId, text: string): Promise<void>;
  removeOurCard(id: ModelId): Promise<"removed" | "absent">;
  /** Every model folder and link in exo's models folders. */
  modelFolders(): Promise<readonly ModelFolder[]>;
  /** What stands under this model's name, at most one in each models folder, in exo's order. */
  foldersOf(id: ModelId): Promise<readonly ModelFolder[]>;
  /** Every model in the further folders, and the first of this id. */
  localModels(): Promise<readonly LocalModel[]>;
  localModelOf(id: ModelId): Promise<LocalModel | undefined>;
  /** The files that exo runs under this id, or would run once it has its folder; undefined when there are none. */
  openModel(id: ModelId): Promise<ModelFiles | undefined>;
  /**
   * Makes `id` a link to that folder, replacing nothing but a link or a folder of links where the agent has made one before, or
   * an empty folder.
   */
  linkWeights(id: ModelId, target: { readonly path: string }): Promise<void>;
  /** Makes `id` a folder with links to the files of that model and an index. The same rules for what it replaces. */
  gatherWeights(id: ModelId, source: LocalModel): Promise<"made" | "unchanged">;
  /** Removes the link, or the folder of links, of this id if it is ours. */
  unlinkWeights(id: ModelId): Promise<"removed" | "absent">;
}

/** Something stands where the agent wanted to write, and it is not the agent's to replace. */
export class RegistryPathError extends Error {
  override readonly name = "RegistryPathError";
  readonly code = "registry_path";

  constructor(
    readonly path: string,
    problem: string,
    options?: ErrorOptions,
  ) {
    super(`${path} ${problem}`, options);
  }
}
