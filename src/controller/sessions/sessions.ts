import type { Clock } from "../../runtime/clock.js";
import { randomName } from "../join-token.js";
import { secretHash } from "./open-codes.js";
import type { ListedSession } from "./sessions-api.js";

const hourMs = 3_600_000;
/** A browser that asks nothing for so long has to be let in again, */
const idleMs = 12 * hourMs;
/** and in any case after so long. */
const longestMs = 7 * 24 * hourMs;
/** Beyond so many, the one that was used least recently ends. */
const mostSessions = 32;
const secretBytes = 32;

/**
 * Browsers that were let in. Hashes of their secrets are kept in memory and nowhere else: all end with the controller.
 */
export interface Sessions {
  /** @returns the secret for the browser's cookie, which exists nowhere else */
  begin(user: string): { readonly id: string; readonly secret: string };
  /** Finds one that has not ended, and notes that it was used. */
  use(secret: string): ListedSession | undefined;
  list(): readonly ListedSession[];
  end(id: string): "ended" | "absent";
}

/** @param randomBytes must be cryptographically strong */
export function createSessions(clock: Clock, randomBytes: (bytes: number) => Uint8Array): Sessions {
  /** By hash, the least recently used first. */
  const sessions = new Map<string, ListedSession>();
  const isOver = ({ usedAt, endsAt }: ListedSession): boolean =>
    clock.now() >= endsAt || clock.now() - usedAt >= idleMs;
  const forgetEnded = (): void => {
    for (const [hash, session] of sessions) if (isOver(session)) sessions.delete(hash);
  };
  return {
    begin: (user) => {
      forgetEnded();
      const secret = Buffer.from(randomBytes(secretBytes)).toString("base64url");
      const now = clock.now();
      const id = randomName(8, randomBytes);
      sessions.set(secretHash(secret), { id, user, begunAt: now, usedAt: now, endsAt: now + longestMs });
      const oldest = sessions.keys().next().value;
      if (sessions.size > mostSessions && oldest !== undefined) sessions.delete(oldest);
      return { id, secret };
    },
    use: (secret) => {
      const hash = secretHash(secret);
      const found = sessions.get(hash);
      if (found === undefined) return undefined;
      sessions.delete(hash);
      if (isOver(found)) return undefined;
      const used = { ...found, usedAt: clock.now() };
      sessions.set(hash, used);
      return used;
    },
    list: () => {
      forgetEnded();
      return [...sessions.values()];
    },
    end: (id) => {
      const found = [...sessions].find(([, session]) => session.id === id);
      if (found === undefined) return "absent";
      sessions.delete(found[0]);
      return "ended";
    },
  };
}
