import type { ModelId } from "../cluster/names.js";
import type { LinkOwner } from "../cluster/registry-report.js";

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
  /** Whether the agent made this link, and it leads where it was made to. Always false for a folder. */
  readonly ours: boolean;
  /** Whose link it is; absent for a folder. */
  readonly link?: LinkOwner;
  /** Where it really is; absent when that is outside every models folder, or nowhere. */
  readonly resolved?: string;
  /** exo's rule: an index of safetensors is there, and so is every file that it names. */
  readonly complete: boolean;
  /** Of all its files; absent when it leads outside, or nowhere. */
  readonly bytes?: number;
  /** How many weight files its indexes name, and how many of them are there; absent without a readable index. */
  readonly weightFiles?: { readonly present: number; readonly named: number };
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
  /** Makes `id` a link to that folder, replacing nothing but a link where the agent has made one before. */
  linkWeights(id: ModelId, target: ModelFolder): Promise<void>;
  /** Removes the link of this id if it is ours. */
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
