import { randomBytes } from "node:crypto";
import type { ApiKey } from "../../src/gateway/keys/api-key.js";
import { type KeyAccess, openKeyAccess } from "../../src/gateway/keys/key-access.js";
import { hashKeyText, newKeyText } from "../../src/gateway/keys/key-text.js";
import type { UsageByKey } from "../../src/gateway/keys/key-usage.js";
import type { Clock } from "../../src/runtime/clock.js";
import type { Logger } from "../../src/runtime/logger.js";

/** Keys of a gateway, as a controller would make and revoke them. */
export interface KeyHouse {
  readonly access: KeyAccess;
  /** @returns the new key's text and id */
  make(change?: Partial<ApiKey>): { readonly text: string; readonly id: string };
  revoke(id: string): void;
  /** Usage as it was saved last. */
  saved(): UsageByKey;
}

export function openKeyHouse(clock: Clock, logger: Logger): KeyHouse {
  let keys: readonly ApiKey[] = [];
  let saved: UsageByKey = {};
  const access = openKeyAccess({
    keys: () => keys,
    savedUsage: {},
    saveUsage: async (changed) => {
      saved = { ...saved, ...changed };
    },
    clock,
    logger,
  });
  return {
    access,
    make: (change = {}) => {
      const text = newKeyText(randomBytes);
      const id = `key_${keys.length}`;
      const key: ApiKey = { id, name: id, sha256: hashKeyText(text), scopes: ["models"], limits: {}, createdAt: 1 };
      keys = [...keys, { ...key, ...change }];
      return { text, id };
    },
    revoke: (id) => {
      keys = keys.map((key) => (key.id === id ? { ...key, revokedAt: clock.now() } : key));
      access.endRequestsOf(id);
    },
    saved: () => saved,
  };
}
