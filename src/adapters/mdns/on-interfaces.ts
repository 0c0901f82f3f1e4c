import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import { chooseInterfaces, type InterfaceTable, type LocalInterface } from "./choose-interfaces.js";
import { watchInterfaces } from "./interface-watch.js";

export interface LinkOptions {
  /** `auto` for every interface that leads out of this machine, or an interface's name, or one of its IPv4 addresses. */
  readonly interfaceAddress: string;
  /** UDP port: 5353, another one in tests. */
  readonly mdnsPort: number;
  readonly clock: Clock;
  /** Replaced in tests. */
  readonly readInterfaces?: () => InterfaceTable;
}

interface Trouble {
  readonly kind: "trouble";
  readonly message: string;
}

/** What runs on every chosen interface from `start` to `close`. Troubles are reported beside its own events. */
export function onInterfaces<E>(
  options: LinkOptions,
  open: (local: LocalInterface, report: (event: E | Trouble) => void) => Promise<Close>,
): { start(report: (event: E | Trouble) => void): Promise<void>; close(): Promise<void> } {
  let closeWatch: Promise<Close> | undefined;
  return {
    start: async (report) => {
      closeWatch ??= watchInterfaces({
        clock: options.clock,
        choose: (table) => chooseInterfaces(table, options.interfaceAddress),
        open: (local) => open(local, report),
        onTrouble: (message) => report({ kind: "trouble", message }),
        ...(options.readInterfaces === undefined ? {} : { readInterfaces: options.readInterfaces }),
      });
      await closeWatch;
    },
    close: async () => {
      await (await closeWatch)?.();
    },
  };
}
