import type { ModelId } from "../cluster/names.js";
import type { ModelFiles } from "../models/inspect/model-files.js";

/** Where one conversion writes: a folder under a temporary name in exo's first models folder, with a part for each step. */
export interface ConversionFolder {
  /** Where a part is to be written; the part itself is not made. */
  pathOf(part: string): string;
  /** What a part takes so far; 0 before it exists. */
  writtenBytes(part: string): Promise<number>;
  /** @throws Problem when the part can't be read */
  filesOf(part: string): Promise<ModelFiles>;
  removePart(part: string): Promise<void>;
  /** Gives a part the target's name, in one step and once all of it is on the disk. Fails when the name is taken. */
  place(part: string): Promise<void>;
  /** Removes everything that has not been placed. Safe to repeat. */
  remove(): Promise<void>;
}

/** The disk that conversions write to. */
export interface ConversionFolders {
  /** What this account may still write there. */
  freeBytes(): Promise<number>;
  /** Where the model goes in the end. */
  pathOf(target: ModelId): string;
  /** Whether nothing has the target's name there. */
  isFree(target: ModelId): Promise<boolean>;
  /** The files of a model folder, for inspection. */
  filesOf(path: string): Promise<ModelFiles>;
  /** Links in a model folder that lead out of exo's models folders. A converter would follow them. */
  strayLinks(path: string): Promise<readonly string[]>;
  open(target: ModelId): Promise<ConversionFolder>;
  /** Removes what earlier conversions have left, and returns their targets. */
  sweep(): Promise<readonly ModelId[]>;
}
