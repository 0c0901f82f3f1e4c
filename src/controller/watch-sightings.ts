import type { AgentId } from "../cluster/names.js";
import type { HostPort } from "../config/host-port.js";
import {
  applyFinderEvent,
  defaultKnownNodesLimits,
  type KnownNodesLimits,
  listSightings,
  noKnownNodes,
  setStanding,
} from "../discover/known-nodes.js";
import type { FinderEvent, NodeFinder, Sighting } from "../discover/node-finder.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";

/** What the finders have seen lately. Hints, every one of them. */
export interface SightingWatch {
  sightings(): readonly Sighting[];
  /** Where an agent may be: advertisements in its name, proven ones first, then static hosts, which carry no id. */
  hints(agent: AgentId): readonly HostPort[];
  /** Notes that the agent proved its enrolled key there: a flood of forged sightings can't push this one out. */
  verified(agent: AgentId, address: HostPort): void;
  close: Close;
}

/** Starts the finders and remembers what they report, with our own expiry and caps. */
export async function watchSightings(options: {
  readonly finders: readonly NodeFinder[];
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits?: KnownNodesLimits;
}): Promise<SightingWatch> {
  const { finders, clock, logger, limits = defaultKnownNodesLimits } = options;
  let known = noKnownNodes;
  const close = closeAll(finders.map((finder) => () => finder.close()));
  const take = (event: FinderEvent): void => {
    if (event.kind === "trouble") logger.warn("discovery is in trouble", { reason: event.message });
    known = applyFinderEvent(known, event, clock.now(), limits);
  };
  try {
    for (const finder of finders) await finder.start(take);
  } catch (error) {
    await close().catch(() => undefined); // the first failure is the one that counts
    throw error;
  }
  const sightings = (): readonly Sighting[] => listSightings(known, clock.now()).map((entry) => entry.sighting);
  return {
    sightings,
    hints: (agent) => {
      const all = sightings();
      const own = all.filter((sighting) => sighting.agentId === agent);
      const anonymous = all.filter((sighting) => sighting.agentId === undefined && sighting.from === "static");
      return [...own, ...anonymous].map(({ address, port }) => ({ host: address, port }));
    },
    verified: (agent, { host, port }) => {
      for (const { sighting, standing } of listSightings(known, clock.now())) {
        const isIt = sighting.address === host && sighting.port === port && (sighting.agentId ?? agent) === agent;
        if (isIt && standing !== "verified") known = setStanding(known, sighting, "verified");
      }
    },
    close,
  };
}
