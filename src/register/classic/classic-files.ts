import type { RegistryEdit } from "./edit-history.js";
import type { ClassicInstallation, ClassicModelFiles } from "./installation.js";
import type { Refused } from "./refusal.js";

/** `models.py` as it stands, with what we have written down about it. */
export interface ModelsPy {
  readonly kind: "file";
  readonly text: string;
  /** Our edits, the oldest first. */
  readonly history: readonly RegistryEdit[];
}

/** A new text for `models.py`, made from the one with the digest `before`. */
export interface ModelsPyChange {
  readonly before: string;
  readonly text: string;
  readonly history: readonly RegistryEdit[];
}

/** The registry file of one installed exo 0.0.x, and what stands around it. Everything expected is an answer, not an exception. */
export interface ClassicFiles {
  readonly installation: ClassicInstallation;
  read(): Promise<ModelsPy | Refused>;
  /**
   * All or nothing: the file is the old text or the new one, also when the machine stops in between. The old text is kept beside
   * it first, under the name that the newest entry of the history says.
   */
  write(change: ModelsPyChange): Promise<{ readonly kind: "written" } | Refused>;
  /** The model's files where exo 0.0.x looks for them; undefined when there are none. */
  modelFiles(repo: string): Promise<ClassicModelFiles | undefined>;
  /** Whether a repository's name is also a folder, seen from where the command was started. */
  repoFolder(repo: string): Promise<"here" | "none">;
}
