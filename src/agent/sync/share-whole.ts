import { emptyBitmap, fullBitmap } from "../../models/sync/bitmap.js";
import type { ModelManifest } from "../../models/sync/manifest.js";
import { piecesOf } from "../../models/sync/pieces.js";
import { RefusalError } from "../refusal.js";
import { sourceOf } from "./make-manifest.js";
import type { ModelDisk } from "./model-disk.js";
import type { RateLimit } from "./rate-limit.js";
import type { SharedModels, Sharing } from "./shared-models.js";

/**
 * Shares a model that lies complete on this machine. Readers check every piece, so its files are not read again here.
 *
 * @throws RefusalError when its files have other names or sizes than those of the manifest
 */
export async function shareWhole(
  { disk, shared }: { readonly disk: ModelDisk; readonly shared: SharedModels },
  { manifest, readers }: { readonly manifest: ModelManifest; readonly readers: readonly string[] },
  limit: RateLimit,
): Promise<Sharing> {
  const { folder, files } = await sourceOf(disk, manifest.modelId);
  const isSame = manifest.files.every((file, at) => file.path === files[at]?.path && file.bytes === files[at].bytes);
  if (!isSame || files.length !== manifest.files.length)
    throw new RefusalError(
      "not_possible",
      `the files of ${manifest.modelId} here are others than those that are copied`,
    );
  const count = piecesOf(manifest).length;
  return shared.share({
    manifest,
    has: fullBitmap(count),
    underWay: emptyBitmap(count),
    open: (fileIndex) => disk.openSource(folder, manifest.files[fileIndex]?.path ?? ""),
    readers: new Set(readers),
    limit,
  });
}
