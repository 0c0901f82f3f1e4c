import type { InstanceNews } from "./read-response.js";

/** One instance on one link. Without a port it has been named, but nobody has told yet where it listens. */
export interface Instance {
  readonly instance: string;
  readonly fullName: string;
  /** Where the packet with the SRV record came from. */
  readonly address: string;
  readonly port?: number;
  readonly txt?: readonly Buffer[];
  readonly ttlSec: number;
  readonly seenAt: number;
  /** Questions asked since `seenAt`. */
  readonly asked: number;
}

/** An instance with everything that a sighting needs. */
export type LocatedInstance = Instance & { readonly port: number };

export const isLocated = (instance: Instance): instance is LocatedInstance => instance.port !== undefined;

/** RFC 6762 10 with Apple's practice: nothing is believed longer than 75 minutes. */
const longestTtlSec = 4_500;
/** macos-nodes reference 1.7: when to ask for the SRV and TXT of an instance that was only named. */
const followUpMs = [100, 1_000, 3_000] as const;
/** RFC 6762 5.2: when to ask again, as parts of the time to live. */
const refreshParts = [0.8, 0.9, 0.95] as const;
const shortestRefreshMs = 1_000;
const maxInstances = 256;
const maxUnlocated = 16;

const expiresAt = (entry: Instance): number =>
  isLocated(entry) ? entry.seenAt + entry.ttlSec * 1_000 : entry.seenAt + 2 * followUpMs[2];

/** When this instance needs attention next: a question or its end. */
function dueAt(entry: Instance): number {
  if (!isLocated(entry)) return entry.seenAt + (followUpMs[entry.asked] ?? 2 * followUpMs[2]);
  const part = refreshParts[entry.asked];
  if (part === undefined) return expiresAt(entry);
  return entry.seenAt + Math.max(shortestRefreshMs * (entry.asked + 1), part * entry.ttlSec * 1_000);
}

/** What a response changed, and what time brings up. */
export interface InstanceTable {
  /**
   * Takes in what one packet said about one instance.
   *
   * @returns the instance when it is there and it is known where; `gone` when it took leave; undefined when there is nothing
   * to report yet.
   */
  take(news: InstanceNews, address: string, now: number): LocatedInstance | "gone" | undefined;
  /** The questions that are due: full names whose SRV and TXT are missing, and whether the type should be asked for again. */
  due(now: number): { readonly locate: readonly string[]; readonly refresh: "needed" | "not-needed" };
  /** When `due` has something to say again; infinite when never. */
  nextDueAt(): number;
}

/** Remembers the instances of one service type on one link, within fixed bounds. */
export function createInstanceTable(): InstanceTable {
  const entries = new Map<string, Instance>();

  const makeRoom = (newcomer: Instance): void => {
    const rivals = [...entries].filter(([, entry]) => isLocated(newcomer) || !isLocated(entry));
    if (rivals.length < (isLocated(newcomer) ? maxInstances : maxUnlocated)) return;
    const oldest = rivals.toSorted(([, left], [, right]) => left.seenAt - right.seenAt)[0];
    if (oldest !== undefined) entries.delete(oldest[0]);
  };

  const take: InstanceTable["take"] = (news, address, now) => {
    const key = news.fullName.toLowerCase();
    const known = entries.get(key);
    if (news.kind === "gone") {
      // A goodbye for what another address announced is reported too, with the address it came from: the reader decides.
      if (known?.address === address) entries.delete(key);
      return "gone";
    }
    if (known === undefined && news.kind === "described") return undefined;
    const port = news.port ?? known?.port;
    // A packet without SRV confirms what its sender said before; from elsewhere it moves nothing.
    if (news.port === undefined && known !== undefined && (!isLocated(known) || known.address !== address))
      return undefined;
    const txt = news.txt ?? known?.txt;
    const entry: Instance = {
      instance: news.instance,
      fullName: news.fullName,
      address,
      ...(port === undefined ? {} : { port }),
      ...(txt === undefined ? {} : { txt }),
      ttlSec: Math.min(Number.isFinite(news.ttlSec) ? news.ttlSec : (known?.ttlSec ?? longestTtlSec), longestTtlSec),
      seenAt: now,
      asked: 0,
    };
    if (known === undefined) makeRoom(entry);
    entries.set(key, entry);
    return isLocated(entry) ? entry : undefined;
  };

  const due: InstanceTable["due"] = (now) => {
    const locate: string[] = [];
    let refresh: "needed" | "not-needed" = "not-needed";
    for (const [key, entry] of [...entries]) {
      if (now < dueAt(entry)) continue;
      if (now >= expiresAt(entry)) {
        entries.delete(key);
        continue;
      }
      entries.set(key, { ...entry, asked: entry.asked + 1 });
      if (isLocated(entry)) refresh = "needed";
      else locate.push(entry.fullName);
    }
    return { locate, refresh };
  };

  return { take, due, nextDueAt: () => Math.min(...[...entries.values()].map(dueAt)) };
}
