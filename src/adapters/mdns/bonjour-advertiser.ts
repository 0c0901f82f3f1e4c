import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import { chooseControlInterface, type InterfaceTable, type LocalInterface } from "./choose-interfaces.js";
import { watchInterfaces } from "./interface-watch.js";
import { openBonjour } from "./open-bonjour.js";

/** The simulator has a service type of its own, so that a simulated Mac never shows up in a real cluster. */
export type ServiceType = "exoctl" | "exoctl-sim";

export interface AdvertiseOptions {
  readonly serviceType: ServiceType;
  /** The agent's UUID; its first eight characters make the instance name unique. */
  readonly instanceId: string;
  /** TCP port of the agent. */
  readonly port: number;
  /** Exactly the keys of design 5.6. */
  readonly txt: { readonly txtvers: string; readonly pv: string; readonly id: string; readonly fp: string };
  /** `auto`, an interface's name, or one of its IPv4 addresses. */
  readonly interfaceAddress: string;
  /** UDP port: 5353, or 53535 in a simulated cluster. */
  readonly mdnsPort: number;
  readonly clock: Clock;
  readonly onTrouble: (message: string) => void;
  /** Replaced in tests. */
  readonly readInterfaces?: () => InterfaceTable;
}

/** The instance name and host under which an agent advertises itself. */
export const advertisedName = (instanceId: string): string => `exo-${instanceId.slice(0, 8).toLowerCase()}`;

async function publishOn(local: LocalInterface, options: AdvertiseOptions): Promise<Close> {
  const trouble = (error: Error): void => options.onTrouble(`mDNS on ${local.name}: ${error.message}`);
  const { bonjour, close } = await openBonjour({
    listening: "queries",
    mdnsPort: options.mdnsPort,
    local,
    onTrouble: trouble,
  });
  const name = advertisedName(options.instanceId);
  // The host is a name of ours: claiming the Mac's own name makes the system's responder rename the Mac (1.6, row 22). No
  // probing: on a lost probe bonjour-service sends goodbyes for the winner (row 13), and the name is unique anyway.
  const service = bonjour.publish({
    name,
    type: options.serviceType,
    protocol: "tcp",
    port: options.port,
    host: `${name}.local`,
    txt: options.txt,
    probe: false,
    disableIPv6: true,
  });
  // Announced: whoever waits for this function may rely on browsers having been told.
  await new Promise<void>((resolve) => (service.published ? resolve() : service.once("up", () => resolve())));
  return close;
}

/**
 * Advertises one agent over mDNS on one interface until closed; closing sends goodbyes first. One call per process:
 * bonjour-service takes records back by name, so a second service of the same type would fall silent with the first.
 *
 * Announcements are repeated after 3 s, 9 s, 27 s and so on up to 36 minutes, and at once after an interface changed.
 */
export async function advertiseAgent(options: AdvertiseOptions): Promise<Close> {
  return await watchInterfaces({
    clock: options.clock,
    choose: (table) => {
      const local = chooseControlInterface(table, options.interfaceAddress);
      return local === undefined ? [] : [local];
    },
    open: (local) => publishOn(local, options),
    onTrouble: options.onTrouble,
    ...(options.readInterfaces === undefined ? {} : { readInterfaces: options.readInterfaces }),
  });
}
