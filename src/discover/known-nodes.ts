import type { FinderEvent, Sighting } from "./node-finder.js";

/** `verified`: an enrolled agent answered at this address with its pinned key. Only the controller can say so. */
export type Standing = "unverified" | "verified";

/** One address at which one key was seen, with an absolute expiry of our own. Times are milliseconds since the epoch. */
export interface KnownSighting {
  readonly sighting: Sighting;
  readonly firstSeenAt: number;
  readonly lastSeenAt: number;
  readonly expiresAt: number;
  readonly standing: Standing;
}

/** Everything that finders reported and that has not expired. Immutable; the functions below return the next one. */
export interface KnownNodes {
  /** By key and address. */
  readonly sightings: ReadonlyMap<string, KnownSighting>;
}

/** How much a link full of forged packets may make us remember. */
export interface KnownNodesLimits {
  readonly sightings: number;
  readonly perAddress: number;
  readonly perKey: number;
}

/** macos-nodes reference 1.7. A simulated cluster, whose agents share one address, needs a higher `perAddress`. */
export const defaultKnownNodesLimits: KnownNodesLimits = { sightings: 256, perAddress: 16, perKey: 4 };

/** RFC 6762 10.1: a record whose goodbye came is kept one more second. */
const goodbyeGraceMs = 1_000;

export const noKnownNodes: KnownNodes = { sightings: new Map() };

const placeOf = (key: string, address: string): string => JSON.stringify([key.toLowerCase(), address]);

const sameKey = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

/** The one to give up when there are too many: never a verified one, and the oldest of the others. */
function oldestUnverified(candidates: readonly (readonly [string, KnownSighting])[]): string | undefined {
  const unverified = candidates.filter(([, known]) => known.standing === "unverified");
  return unverified.toSorted(([, left], [, right]) => left.lastSeenAt - right.lastSeenAt)[0]?.[0];
}

function seen(nodes: KnownNodes, sighting: Sighting, now: number, limits: KnownNodesLimits): KnownNodes {
  const place = placeOf(sighting.key, sighting.address);
  const before = nodes.sightings.get(place);
  const known: KnownSighting = {
    sighting,
    firstSeenAt: before?.firstSeenAt ?? now,
    lastSeenAt: now,
    expiresAt: now + Math.max(0, sighting.ttlMs),
    standing: before !== undefined && before.sighting.port === sighting.port ? before.standing : "unverified",
  };
  const next = new Map(nodes.sightings);
  if (before === undefined) {
    const groups: readonly (readonly [number, (other: KnownSighting) => boolean])[] = [
      [limits.perKey, (other) => sameKey(other.sighting.key, sighting.key)],
      [limits.perAddress, (other) => other.sighting.address === sighting.address && other.sighting.from === "mdns"],
      [limits.sightings, (other) => other.sighting.from === "mdns"],
    ];
    for (const [limit, inGroup] of sighting.from === "mdns" ? groups : []) {
      const group = [...next].filter(([, other]) => inGroup(other));
      if (group.length < limit) continue;
      const victim = oldestUnverified(group);
      if (victim === undefined) return nodes;
      next.delete(victim);
    }
  }
  next.set(place, known);
  return { sightings: next };
}

function gone(nodes: KnownNodes, event: Extract<FinderEvent, { kind: "gone" }>, now: number): KnownNodes {
  const next = new Map(nodes.sightings);
  for (const [place, known] of nodes.sightings) {
    if (!sameKey(known.sighting.key, event.key)) continue;
    if (event.address !== undefined && event.address !== known.sighting.address) continue;
    next.set(place, { ...known, expiresAt: Math.min(known.expiresAt, now + goodbyeGraceMs) });
  }
  return { sightings: next };
}

/** Leaves out what has expired by `now`. */
export function dropExpired(nodes: KnownNodes, now: number): KnownNodes {
  const alive = [...nodes.sightings].filter(([, known]) => known.expiresAt > now);
  return alive.length === nodes.sightings.size ? nodes : { sightings: new Map(alive) };
}

/**
 * Takes in what a finder reported. A newcomer beyond a limit replaces the oldest unverified sighting of the same group, or is
 * not taken in when all of them are verified. `gone` shortens the expiry to a second and does nothing else: a forged goodbye
 * costs a hint, never a node.
 */
export function applyFinderEvent(
  nodes: KnownNodes,
  event: FinderEvent,
  now: number,
  limits: KnownNodesLimits = defaultKnownNodesLimits,
): KnownNodes {
  const current = dropExpired(nodes, now);
  switch (event.kind) {
    case "seen":
      return seen(current, event.sighting, now, limits);
    case "gone":
      return gone(current, event, now);
    case "trouble":
      return current;
    default:
      return event satisfies never;
  }
}

/** Notes whether the agent behind a sighting proved its enrolled key. Unknown sightings are ignored. */
export function setStanding(nodes: KnownNodes, sighting: Sighting, standing: Standing): KnownNodes {
  const place = placeOf(sighting.key, sighting.address);
  const known = nodes.sightings.get(place);
  if (known === undefined || known.sighting.port !== sighting.port) return nodes;
  return { sightings: new Map(nodes.sightings).set(place, { ...known, standing }) };
}

/** What is known at `now`: verified ones first, then by key, newest first within a key. */
export function listSightings(nodes: KnownNodes, now: number): readonly KnownSighting[] {
  const rank = (known: KnownSighting): number => (known.standing === "verified" ? 0 : 1);
  return [...dropExpired(nodes, now).sightings.values()].toSorted(
    (left, right) =>
      rank(left) - rank(right) ||
      (left.sighting.key < right.sighting.key ? -1 : left.sighting.key > right.sighting.key ? 1 : 0) ||
      right.lastSeenAt - left.lastSeenAt,
  );
}
