import type { ModelId } from "../../cluster/names.js";
import type { ModelManifest } from "../../models/sync/manifest.js";
import type { ModelCopy, OpenFile } from "../sync/model-disk.js";
import type { VocabularyFiles } from "../vocabulary.js";

/** Files of a bundle beside the model's own. */
export type BundleText = "entry.json" | "README.txt";

/** A folder that becomes a bundle. */
export interface BundleTarget {
  /** Text of the manifest of a finished bundle, and of one that was begun; each absent where there is none. */
  state(): Promise<{ readonly finished?: string; readonly begun?: string }>;
  /** Names in the folder that no bundle of this model has. */
  strangers(manifest: ModelManifest): Promise<readonly string[]>;
  freeBytes(): Promise<number>;
  /** Marks the folder as a bundle under way: only then is what an earlier attempt has left replaced. */
  begin(manifest: string): Promise<void>;
  openCopy(manifest: ModelManifest): Promise<ModelCopy>;
  /** A file of the model where it stands in the bundle; undefined when it is not there. */
  openPlaced(model: ModelId, path: string): Promise<OpenFile | undefined>;
  write(name: BundleText, text: string): Promise<void>;
  readonly vocabulary: VocabularyFiles;
  /** Makes it a bundle, in one step. */
  finish(): Promise<void>;
}

/** A bundle that somebody brought. Nothing in it is trusted, and no link in it is followed. */
export interface BundleSource {
  /** Undefined when there is none; one that is longer than any manifest is cut. */
  manifest(): Promise<string | undefined>;
  entry(): Promise<string | undefined>;
  /** What is wrong with the model's folder before anything is read: a link, a missing file, a size, something that is no file. */
  flaws(manifest: ModelManifest): Promise<readonly string[]>;
  /** @throws RegistryPathError when a link is on the way to it */
  open(model: ModelId, path: string): Promise<OpenFile>;
  /** The bundle's own file, to be checked and copied. */
  readonly vocabulary: VocabularyFiles;
}
