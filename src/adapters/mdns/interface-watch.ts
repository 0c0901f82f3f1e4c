import { networkInterfaces } from "node:os";
import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import { type InterfaceTable, interfaceKey, type LocalInterface } from "./choose-interfaces.js";

/** macos-nodes reference 1.7: interfaces are compared every 5 s. */
const pollMs = 5_000;

export interface InterfaceWatchOptions {
  readonly clock: Clock;
  readonly choose: (table: InterfaceTable) => readonly LocalInterface[];
  /** Opens what runs on one interface. */
  readonly open: (local: LocalInterface) => Promise<Close>;
  /** Told once about each failure, and again after something else was reported for that interface. */
  readonly onTrouble: (message: string) => void;
  /** Replaced in tests. */
  readonly readInterfaces?: () => InterfaceTable;
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Keeps one `open` running on every chosen interface: closes and opens again when an interface appears, disappears, or comes
 * back under the same name with other addresses, as the memberships of the old socket are then silently gone. What could not
 * be opened is tried again at the next look. Resolves after the first look.
 */
export async function watchInterfaces(options: InterfaceWatchOptions): Promise<Close> {
  const stop = new AbortController();
  const running = new Map<string, Close>();
  let lastTrouble = "";
  const read = options.readInterfaces ?? (networkInterfaces as () => InterfaceTable);

  const look = async (): Promise<void> => {
    const wanted = new Map(options.choose(read()).map((local) => [interfaceKey(local), local]));
    const troubles: string[] = wanted.size === 0 ? ["no network interface to use mDNS on"] : [];
    for (const [key, close] of [...running]) {
      if (wanted.has(key)) continue;
      running.delete(key);
      await close().catch((error: unknown) => troubles.push(`mDNS could not be closed: ${reasonOf(error)}`));
    }
    for (const [key, local] of wanted) {
      if (running.has(key)) continue;
      try {
        running.set(key, await options.open(local));
      } catch (error) {
        troubles.push(`mDNS does not work on ${local.name} (${local.address}): ${reasonOf(error)}`);
      }
    }
    const trouble = troubles.join("; ");
    if (trouble !== "" && trouble !== lastTrouble) options.onTrouble(trouble);
    lastTrouble = trouble;
  };

  const keepLooking = async (): Promise<void> => {
    while (!stop.signal.aborted) {
      // Rejects only when closed.
      await options.clock.sleep(pollMs, stop.signal).catch(() => {});
      if (!stop.signal.aborted) await look();
    }
  };

  await look();
  const loop = keepLooking().catch((error: unknown) => options.onTrouble(`mDNS has stopped: ${reasonOf(error)}`));
  let closing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    stop.abort();
    await loop;
    await Promise.all([...running.values()].map((close) => close()));
    running.clear();
  };
  return () => {
    closing ??= run();
    return closing;
  };
}
