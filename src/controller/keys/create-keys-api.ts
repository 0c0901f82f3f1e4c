import { type ApiKey, keyState } from "../../gateway/keys/api-key.js";
import { hashKeyText, newKeyText } from "../../gateway/keys/key-text.js";
import { type KeyUsage, noUsage, usageToday } from "../../gateway/keys/key-usage.js";
import type { Clock } from "../../runtime/clock.js";
import { Problem } from "../../runtime/problem.js";
import { randomName } from "../join-token.js";
import type { StateStore } from "../state-store.js";
import type { KeyRequest, KeysApi, ListedKey } from "./keys-api.js";

/** What keys are made and looked at with. */
export interface KeysDeps {
  readonly store: Pick<StateStore, "keys" | "addKey" | "revokeKey">;
  /** What was asked with a key so far, up to this moment. */
  readonly usageOf: (id: string) => KeyUsage | undefined;
  /** Ends what is being answered for a key that is good no more. */
  readonly endRequestsOf: (id: string) => void;
  readonly clock: Clock;
  /** Cryptographically strong. */
  readonly randomBytes: (bytes: number) => Uint8Array;
}

/** API keys on top of the durable state. */
export function createKeysApi(deps: KeysDeps): KeysApi {
  const { store, clock, randomBytes } = deps;
  return {
    createKey: async (request) => {
      checkExpiry(request, clock.now());
      const text = newKeyText(randomBytes);
      const id = `key_${randomName(10, randomBytes)}`;
      await store.addKey({ ...request, id, sha256: hashKeyText(text), createdAt: clock.now() });
      return { id, name: request.name, key: text };
    },
    listKeys: () => store.keys().map((key) => listedKey(key, deps.usageOf(key.id), clock.now())),
    revokeKey: async ({ id }) => {
      const outcome = await store.revokeKey(id, clock.now());
      const key = store.keys().find((candidate) => candidate.id === id);
      if (outcome === "absent" || key === undefined) throw unknownKey(id);
      deps.endRequestsOf(id);
      return { id, name: key.name, outcome: outcome === "revoked" ? "changed" : "unchanged" };
    },
  };
}

function checkExpiry({ expiresAt }: KeyRequest, now: number): void {
  if (expiresAt === undefined || expiresAt > now) return;
  throw new Problem("usage", "bad_expiry", "the key would have expired already", "Name a time in the future.");
}

/** Whoever pastes a key's text where its id belongs does not read it again in an error. */
const unknownKey = (id: string): Problem =>
  new Problem(
    "usage",
    "unknown_key",
    /^key_[a-z2-7]{10}$/.test(id) ? `there is no key ${id}` : "this is not the id of a key",
    "See `exoctl keys list`: an id begins with key_.",
  );

function listedKey(key: ApiKey, usage: KeyUsage | undefined, now: number): ListedKey {
  const { sha256: _notShown, id, name, scopes, ...rest } = key;
  return {
    ...{ id, name, state: keyState(key, now), scopes },
    ...rest,
    usage: {
      today: usageToday(usage, now),
      total: usage?.total ?? noUsage,
      ...(usage === undefined ? {} : { lastUsedAt: usage.lastUsedAt }),
    },
  };
}
