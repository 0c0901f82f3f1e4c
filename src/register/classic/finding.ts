import type { ClassicEntry } from "../../cluster/classic-entry.js";
import type { FaultCode, Finding } from "../../cluster/classic-finding.js";
import type { ClassicInstallation, ClassicModelFiles } from "./installation.js";

/** What the findings are made from. */
export interface RecipeFacts {
  readonly entry: ClassicEntry;
  /** The model as people call it. */
  readonly model: string;
  readonly installation: ClassicInstallation;
  readonly files: ClassicModelFiles;
  /** Whether the repository's name is also a folder where the command was started. */
  readonly repoFolder: "here" | "none";
}

export const finding = (
  code: FaultCode,
  weight: Finding["weight"],
  message: string,
  fix: string,
): readonly Finding[] => [{ code, weight, message, fix }];

export const modern = "Use exo 1.x, which runs gpt-oss as it is";
