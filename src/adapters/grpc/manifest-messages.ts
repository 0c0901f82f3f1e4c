import { z } from "zod";
import type { ModelManifest } from "../../models/sync/manifest.js";
import { manifestFormat } from "../../models/sync/manifest.js";
import { type CheckedManifest, checkManifest } from "../../models/sync/read-manifest.js";
import type { Manifest } from "./generated/exoctl/agent/v1/Manifest.js";

const digestBytes = 32;

/** Digests travel as bytes: half of their hex. */
export const manifestMessage = ({ modelId, pieceBytes, files }: ModelManifest): Manifest => ({
  modelId,
  pieceBytes,
  files: files.map(({ path, bytes, sha256, pieces }) => ({
    path,
    bytes,
    sha256: Buffer.from(sha256, "hex"),
    pieceSha256s: Buffer.from(pieces.join(""), "hex"),
  })),
});

const digests = z
  .instanceof(Uint8Array)
  .refine((bytes) => bytes.length % digestBytes === 0, "expected digests of 32 bytes")
  .transform((bytes) =>
    Array.from({ length: bytes.length / digestBytes }, (_, at) =>
      Buffer.from(bytes.subarray(at * digestBytes, (at + 1) * digestBytes)).toString("hex"),
    ),
  );

const messageSchema = z.object({
  modelId: z.string(),
  pieceBytes: z.number(),
  files: z.array(
    z
      .object({ path: z.string(), bytes: z.number(), sha256: digests, pieceSha256s: digests })
      .transform(({ path, bytes, sha256, pieceSha256s }) => ({
        path,
        bytes,
        sha256: sha256.join(""),
        pieces: pieceSha256s,
      })),
  ),
});

/** Checks a manifest that came in a message. */
export function readManifestMessage(message: unknown): CheckedManifest {
  const parsed = messageSchema.safeParse(message);
  if (!parsed.success) return { kind: "problems", problems: ["manifest: not as its proto file says"] };
  return checkManifest({ format: manifestFormat, ...parsed.data });
}
