import { createHash } from "node:crypto";

/** Fixed and ours, so that scanners for leaked secrets can recognise a key. */
const prefix = "exoctl_";
const secretBytes = 32;

/** What every key looks like: the prefix, and 256 random bits in base64url. */
export const keyPattern: RegExp = /^exoctl_[A-Za-z0-9_-]{43}$/;

/** A new key. @param randomBytes must be cryptographically strong */
export const newKeyText = (randomBytes: (bytes: number) => Uint8Array): string =>
  prefix + Buffer.from(randomBytes(secretBytes)).toString("base64url");

/**
 * The form in which a key is kept: base64url SHA-256 of its text. One round without salt is enough, since there are 2^256 keys to
 * try: slow hashes are for secrets that people choose.
 */
export const hashKeyText = (text: string): string => createHash("sha256").update(text).digest("base64url");
