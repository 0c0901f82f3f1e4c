import type { ExoHintEvent, ExoHintSource } from "../../discover/exo/exo-hints.js";
import { libp2pService, readLibp2pAnswer } from "../../discover/exo/libp2p-answer.js";
import type { Close } from "../../runtime/close-all.js";
import type { LocalInterface } from "./choose-interfaces.js";
import { type LinkOptions, onInterfaces } from "./on-interfaces.js";
import { openMdns } from "./open-mdns.js";

/** One question does; the second is for packets that got lost. libp2p by itself asks again only after minutes. */
const askAgainMs = 1_000;

async function askOn(
  local: LocalInterface,
  { mdnsPort, clock }: LinkOptions,
  report: (event: ExoHintEvent) => void,
): Promise<Close> {
  const onTrouble = (error: Error): void =>
    report({ kind: "trouble", message: `mDNS on ${local.name}: ${error.message}` });
  const { mdns, close } = await openMdns({ listening: "responses-from-any-port", mdnsPort, local, onTrouble });
  mdns.on("response", ({ answers, additionals }, { address }) => {
    for (const peer of readLibp2pAnswer([...(answers ?? []), ...(additionals ?? [])]))
      report({ kind: "libp2p", address, peer });
  });
  const stop = new AbortController();
  const ask = (): void => mdns.query(libp2pService, "PTR");
  ask();
  // Rejects only when closed before the time.
  const second = clock.sleep(askAgainMs, stop.signal).then(ask, () => {});
  return async () => {
    stop.abort();
    await second;
    await close();
  };
}

/**
 * Finds libp2p programs by their own mDNS, exo up to 1.0.71 among them. They answer from a port of their own, which DNS-SD
 * libraries discard, so answers from any port count here.
 */
export const createLibp2pSource = (options: LinkOptions): ExoHintSource =>
  onInterfaces<ExoHintEvent>(options, (local, report) => askOn(local, options, report));
