import type { KeyLimits, KeyScope, KeyState } from "../../gateway/keys/api-key.js";
import type { UsageCounts } from "../../gateway/keys/key-usage.js";

/** What a new key is to be good for. */
export interface KeyRequest {
  readonly name: string;
  /** At least one. */
  readonly scopes: readonly KeyScope[];
  readonly limits: KeyLimits;
  /** The only names of models that it may ask for. */
  readonly models?: readonly string[];
  /** Milliseconds since the Unix epoch, in the future. */
  readonly expiresAt?: number;
}

/** A key that was just made. This is the only time that its text is told. */
export interface CreatedKey {
  readonly id: string;
  readonly name: string;
  /** The secret itself. */
  readonly key: string;
}

/** One key, as `exoctl keys list -o json` prints it. */
export interface ListedKey {
  readonly id: string;
  readonly name: string;
  readonly state: KeyState;
  readonly scopes: readonly KeyScope[];
  readonly limits: KeyLimits;
  readonly models?: readonly string[];
  /** Milliseconds since the Unix epoch, as all of these. */
  readonly createdAt: number;
  readonly expiresAt?: number;
  readonly revokedAt?: number;
  readonly usage: {
    /** Since midnight UTC. */
    readonly today: UsageCounts;
    readonly total: UsageCounts;
    readonly lastUsedAt?: number;
  };
}

/** What revoking changed. */
export interface RevokedKey {
  readonly id: string;
  readonly name: string;
  readonly outcome: "changed" | "unchanged";
}

/** API keys. What is changed acts at once, on gateways that run. */
export interface KeysApi {
  /** Rejects with Problem `bad_expiry`. */
  createKey(request: KeyRequest): Promise<CreatedKey>;
  /** All that were ever made, in the order in which they were. */
  listKeys(): readonly ListedKey[];
  /** Nobody can use it any more, and what is being answered for it ends. Rejects with Problem `unknown_key`. */
  revokeKey(request: { readonly id: string }): Promise<RevokedKey>;
}
