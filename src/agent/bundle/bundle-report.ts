import type { ModelId } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import { type ModelManifest, manifestBytes, manifestDigest } from "../../models/sync/manifest.js";

/** What became of a bundle, on the way out or in: `exoctl model sync --offline -o json`. */
export interface BundleReport {
  /** `unchanged`: everything was there already, and was read and found right. */
  readonly outcome: "exported" | "imported" | "unchanged";
  readonly model: ModelId;
  /** The bundle, or the model's folder. */
  readonly folder: string;
  /** SHA-256 of the manifest: whoever has it knows every byte. */
  readonly manifest: string;
  readonly files: number;
  readonly bytes: number;
  /** The others were there from an earlier attempt. */
  readonly copiedBytes: number;
  /** The facts of the registry entry. */
  readonly entry: EntrySpec;
}

export const reportOf = (
  outcome: BundleReport["outcome"],
  manifest: ModelManifest,
  rest: Pick<BundleReport, "folder" | "copiedBytes" | "entry">,
): BundleReport => ({
  outcome,
  model: manifest.modelId,
  manifest: manifestDigest(manifest),
  files: manifest.files.length,
  bytes: manifestBytes(manifest),
  ...rest,
});
