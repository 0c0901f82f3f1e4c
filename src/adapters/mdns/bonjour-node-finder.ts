import type { FinderEvent, NodeFinder, Sighting } from "../../discover/node-finder.js";
import { readAgentTxt } from "../../discover/parse-txt.js";
import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import type { ServiceType } from "./bonjour-advertiser.js";
import { browseInterface } from "./browse-interface.js";
import { chooseInterfaces, type InterfaceTable } from "./choose-interfaces.js";
import type { LocatedInstance } from "./instance-table.js";
import { watchInterfaces } from "./interface-watch.js";

export interface BonjourNodeFinderOptions {
  readonly serviceType: ServiceType;
  /** `auto` for every interface that leads out of this machine, or an interface's name, or one of its IPv4 addresses. */
  readonly interfaceAddress: string;
  /** UDP port: 5353, or 53535 in a simulated cluster. */
  readonly mdnsPort: number;
  readonly clock: Clock;
  /** Replaced in tests. */
  readonly readInterfaces?: () => InterfaceTable;
}

function toSighting(instance: LocatedInstance): Sighting {
  return {
    key: instance.instance,
    address: instance.address,
    port: instance.port,
    from: "mdns",
    ...readAgentTxt(instance.txt ?? []),
    ttlMs: instance.ttlSec * 1_000,
  };
}

/**
 * Finds agents by mDNS. Reports `seen` each time an agent is heard of, so that whoever keeps the sightings can renew their
 * expiry; the same agent on two links is one key with two addresses. Troubles are reported once until they change.
 */
export function createBonjourNodeFinder(options: BonjourNodeFinderOptions): NodeFinder {
  let closeWatch: Promise<Close> | undefined;
  const open = (report: (event: FinderEvent) => void): Promise<Close> =>
    watchInterfaces({
      clock: options.clock,
      choose: (table) => chooseInterfaces(table, options.interfaceAddress),
      open: (local) =>
        browseInterface({
          serviceType: options.serviceType,
          mdnsPort: options.mdnsPort,
          local,
          clock: options.clock,
          onSeen: (instance) => report({ kind: "seen", sighting: toSighting(instance) }),
          onGone: (key, address) => report({ kind: "gone", key, address }),
          onTrouble: (error) => report({ kind: "trouble", message: `mDNS on ${local.name}: ${error.message}` }),
        }),
      onTrouble: (message) => report({ kind: "trouble", message }),
      ...(options.readInterfaces === undefined ? {} : { readInterfaces: options.readInterfaces }),
    });
  return {
    start: async (report) => {
      closeWatch ??= open(report);
      await closeWatch;
    },
    close: async () => {
      await (await closeWatch)?.();
    },
  };
}
