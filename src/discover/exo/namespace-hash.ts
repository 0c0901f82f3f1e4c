import { blake3 } from "@noble/hashes/blake3.js";

/**
 * Namespaces that exo after 1.0.71 uses where nobody chose one: the version of its Python package (exo 0.3.70 at b5375f8c; 0.3.69
 * was the one before).
 */
export const defaultNamespaces: readonly string[] = ["0.3.70", "0.3.69"];

/** How much of the hash is sent (exo source, b5375f8c). */
const hashBytes = 8;

/** What stands for a namespace in exo's announcements: the first 8 bytes of BLAKE3 of its UTF-8 text, as 16 hex digits. */
export function namespaceHash(namespace: string): string {
  return Buffer.from(blake3(new TextEncoder().encode(namespace)).subarray(0, hashBytes)).toString("hex");
}
