import { createHash } from "node:crypto";
import type { Clock } from "../../runtime/clock.js";

/** Long enough to copy a link into a browser. */
const lifeMs = 2 * 60_000;
/** So many can wait to be used; beyond that the oldest is worthless. */
const mostCodes = 16;
const codeBytes = 32;

/** Single-use codes that begin a session. Only their hashes are kept, in memory. */
export interface OpenCodes {
  issue(user: string): { readonly code: string; readonly expiresAt: number };
  /** @returns who made it, once; never again, and not when it is too old */
  redeem(code: string): { readonly user: string } | undefined;
  /** All that are open are worthless from now on. */
  withdraw(): void;
}

/** What is compared and kept in place of a secret of 256 bits. */
export const secretHash = (secret: string): string => createHash("sha256").update(secret).digest("base64url");

/** @param randomBytes must be cryptographically strong */
export function createOpenCodes(clock: Clock, randomBytes: (bytes: number) => Uint8Array): OpenCodes {
  const open = new Map<string, { readonly user: string; readonly expiresAt: number }>();
  return {
    issue: (user) => {
      const code = Buffer.from(randomBytes(codeBytes)).toString("base64url");
      const expiresAt = clock.now() + lifeMs;
      open.set(secretHash(code), { user, expiresAt });
      const oldest = open.keys().next().value;
      if (open.size > mostCodes && oldest !== undefined) open.delete(oldest);
      return { code, expiresAt };
    },
    redeem: (code) => {
      const hash = secretHash(code);
      const found = open.get(hash);
      open.delete(hash);
      return found !== undefined && clock.now() < found.expiresAt ? { user: found.user } : undefined;
    },
    withdraw: () => open.clear(),
  };
}
