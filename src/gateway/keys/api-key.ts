/** What a key may be used for: inference, batches, the admin API. */
export const keyScopes = ["models", "batch", "admin"] as const;
export type KeyScope = (typeof keyScopes)[number];

/** How much a key may ask for. What is absent is not limited. */
export interface KeyLimits {
  readonly requestsPerMinute?: number;
  /** Requests that are being answered at the same time. */
  readonly concurrency?: number;
  /** Of prompts and answers together, from midnight to midnight UTC. */
  readonly tokensPerDay?: number;
}

/** What is kept of an API key. Its text is not: nobody who reads this can use it. */
export interface ApiKey {
  /** Not secret: names the key in lists, logs and metrics. */
  readonly id: string;
  /** For people. Several keys may have the same one, as during a change from an old key to a new. */
  readonly name: string;
  /** `hashKeyText` of its text. */
  readonly sha256: string;
  readonly scopes: readonly KeyScope[];
  readonly limits: KeyLimits;
  /** The only names of models, aliases included, that it may ask for. */
  readonly models?: readonly string[];
  /** Milliseconds since the Unix epoch. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
}

/** Whether a key is good at this moment. */
export type KeyState = "active" | "expired" | "revoked";

export function keyState({ expiresAt, revokedAt }: ApiKey, now: number): KeyState {
  if (revokedAt !== undefined) return "revoked";
  return expiresAt !== undefined && now >= expiresAt ? "expired" : "active";
}
