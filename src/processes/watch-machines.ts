import { systemClock } from "../adapters/system/system-clock.js";
import type { FoundBy } from "../discover/exo/exo-hints.js";
import { applyFinderEvent, listSightings, noKnownNodes } from "../discover/known-nodes.js";
import type { MacFinder, MacSighting } from "../discover/macs/mac-sighting.js";
import type { NodeFinder, Sighting } from "../discover/node-finder.js";

/** Told of every address at which a machine showed itself. */
export type Tell = (address: string, foundBy: FoundBy) => void;

/** Remembers who shows up while this machine looks around. */
export interface MachineWatch<T> {
  start(tell: Tell): Promise<void>;
  seen(): readonly T[];
  troubles(): readonly string[];
  close(): Promise<void>;
}

/** Watches for machines with remote login; for none without a finder. */
export function watchMacs(finder: MacFinder | undefined): MachineWatch<MacSighting> {
  const macs: MacSighting[] = [];
  const troubles = new Set<string>();
  return {
    start: async (tell) =>
      finder?.start((event) => {
        if (event.kind === "trouble") return void troubles.add(event.message);
        macs.push(event.mac);
        tell(event.mac.address, "ssh-mdns");
      }),
    seen: () => macs,
    troubles: () => [...troubles],
    close: async () => finder?.close(),
  };
}

/** Watches for agents; for none without a finder. */
export function watchAgents(finder: NodeFinder | undefined): MachineWatch<Sighting> {
  let known = noKnownNodes;
  const troubles = new Set<string>();
  return {
    start: async (tell) =>
      finder?.start((event) => {
        known = applyFinderEvent(known, event, systemClock.now());
        if (event.kind === "trouble") troubles.add(event.message);
        if (event.kind === "seen") tell(event.sighting.address, "mdns");
      }),
    seen: () => listSightings(known, systemClock.now()).map((entry) => entry.sighting),
    troubles: () => [...troubles],
    close: async () => finder?.close(),
  };
}
