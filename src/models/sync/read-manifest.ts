import { createHash } from "node:crypto";
import { z } from "zod";
import { isModelId, type ModelId } from "../../cluster/names.js";
import {
  type ManifestFile,
  type ModelManifest,
  manifestFormat,
  mostFiles,
  mostPieces,
  piecesIn,
  smallestPieceBytes,
} from "./manifest.js";
import { syncedPathFlaw } from "./synced-path.js";

const largestPieceBytes = 2 ** 40;
const longestModelId = 200;
/** Far above the text of any manifest that passes the checks. */
const longestTextChars = 4 * 1024 * 1024;
const emptySha256 = createHash("sha256").digest("hex");

const sha256 = z.string().regex(/^[0-9a-f]{64}$/, "expected a SHA-256 in lower-case hex");
const isPowerOfTwo = (value: number): boolean => Number.isInteger(Math.log2(value));

const manifestSchema = z.strictObject({
  format: z.literal(manifestFormat),
  modelId: z.custom<ModelId>(
    (value) => typeof value === "string" && value.length <= longestModelId && isModelId(value),
    "expected a model id such as owner/name",
  ),
  pieceBytes: z.int().min(smallestPieceBytes).max(largestPieceBytes).refine(isPowerOfTwo, "expected a power of two"),
  files: z
    .array(
      z.strictObject({
        path: z.string().max(512),
        bytes: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
        sha256,
        pieces: z.array(sha256).max(mostPieces),
      }),
    )
    .min(1)
    .max(mostFiles),
});

export type CheckedManifest =
  | { readonly kind: "manifest"; readonly manifest: ModelManifest }
  | { readonly kind: "problems"; readonly problems: readonly string[] };

const refused = (problems: readonly string[]): CheckedManifest => ({
  kind: "problems",
  problems: problems.slice(0, 20),
});

/** Pieces and digests of a file that don't fit together. */
function* fileFlaws({ path, bytes, sha256: digest, pieces }: ManifestFile, at: number, pieceBytes: number) {
  const flaw = syncedPathFlaw(path);
  if (flaw !== undefined) yield `files.${at}.path: ${flaw}`;
  const expected = piecesIn(bytes, pieceBytes);
  if (pieces.length !== expected) yield `files.${at}.pieces: expected ${expected}, found ${pieces.length}`;
  const whole = bytes === 0 ? emptySha256 : expected === 1 ? pieces[0] : undefined;
  if (whole !== undefined && digest !== whole) yield `files.${at}.sha256: not the digest of its only piece`;
}

/** Paths that would be one file on some disk, or a file and a folder at once. macOS does not tell capitals apart. */
function* pathClashes(files: readonly ManifestFile[]) {
  const seen = new Set<string>();
  const folders = new Set<string>();
  const keyOf = (path: string): string => path.normalize("NFC").toLowerCase();
  for (const { path } of files) {
    const parts = keyOf(path).split("/");
    for (let end = 1; end < parts.length; end += 1) folders.add(parts.slice(0, end).join("/"));
  }
  for (const [at, { path }] of files.entries()) {
    const key = keyOf(path);
    if (seen.has(key)) yield `files.${at}.path: named twice`;
    if (folders.has(key)) yield `files.${at}.path: a file and a folder at once`;
    seen.add(key);
  }
}

function* wholeFlaws({ files, pieceBytes }: ModelManifest) {
  for (const [at, file] of files.entries()) yield* fileFlaws(file, at, pieceBytes);
  yield* pathClashes(files);
  const sorted = files.every(({ path }, at) => at === 0 || (files[at - 1]?.path ?? "") < path);
  if (!sorted) yield "files: not in the order of their paths";
  const pieces = files.reduce((count, file) => count + file.pieces.length, 0);
  if (pieces > mostPieces) yield `files: ${pieces} pieces, more than ${mostPieces}`;
  if (!Number.isSafeInteger(files.reduce((sum, { bytes }) => sum + bytes, 0))) yield "files: too many bytes in all";
}

/** Checks a manifest that came from outside. Problems name their place and never repeat the value. */
export function checkManifest(raw: unknown): CheckedManifest {
  const parsed = manifestSchema.safeParse(raw);
  if (!parsed.success)
    return refused(parsed.error.issues.map(({ path, message }) => `${path.join(".") || "manifest"}: ${message}`));
  const { format: _known, ...manifest } = parsed.data;
  const flaws = [...wholeFlaws(manifest)];
  return flaws.length === 0 ? { kind: "manifest", manifest } : refused(flaws);
}

/** Reads the text of a manifest, as `renderManifest` writes it. */
export function readManifest(text: string): CheckedManifest {
  if (text.length > longestTextChars) return refused(["manifest: too long"]);
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch {
    return refused(["manifest: not JSON"]);
  }
  return checkManifest(raw);
}
