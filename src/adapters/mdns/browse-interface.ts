import type { Browser } from "bonjour-service";
import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import type { ServiceType } from "./bonjour-advertiser.js";
import type { LocalInterface } from "./choose-interfaces.js";
import { createInstanceTable, type LocatedInstance } from "./instance-table.js";
import { openBonjour } from "./open-bonjour.js";
import { type InstanceNews, readResponse } from "./read-response.js";

/** RFC 6762 5.2: the intervals between queries double from a second to an hour. */
const firstQueryGapMs = 1_000;
const longestQueryGapMs = 3_600_000;
/** bonjour-service's browser never forgets a name (macos-nodes reference 1.6, row 8): above this it starts afresh. */
const maxBrowserServices = 256;

export interface BrowseOptions {
  readonly serviceType: ServiceType;
  readonly mdnsPort: number;
  readonly local: LocalInterface;
  readonly clock: Clock;
  readonly onSeen: (instance: LocatedInstance) => void;
  readonly onGone: (instance: string, address: string) => void;
  readonly onTrouble: (error: Error) => void;
}

const sameName = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

/**
 * Takes port and TXT of an announced instance from what bonjour-service put together. It does so only when PTR and SRV came in
 * one packet (row 3); anything else stays as it was read from the records.
 */
function assemble(news: InstanceNews, browser: Browser): InstanceNews {
  if (news.kind !== "announced" || news.port === undefined) return news;
  const service = browser.services.find((candidate) => sameName(candidate.fqdn, news.fullName));
  if (service === undefined) return news;
  // Not declared by bonjour-service: the strings of the TXT record as they came, which its parser gets wrong (row 7).
  const { rawTxt } = service as { readonly rawTxt?: readonly Buffer[] };
  return { ...news, port: service.port, ...(rawTxt === undefined ? {} : { txt: rawTxt }) };
}

/**
 * Browses one service type on one interface until closed. bonjour-service asks and puts services together; ageing,
 * repetition, packets that come in parts and limits are ours. Its own events are not used: it stays silent when a service is seen again or moves to
 * another address, and it never expires one.
 */
export async function browseInterface(options: BrowseOptions): Promise<Close> {
  const { clock } = options;
  const serviceName = `_${options.serviceType}._tcp.local`;
  const table = createInstanceTable();
  const stop = new AbortController();
  let nap = { until: 0, control: new AbortController() };
  const { bonjour, mdns, close } = await openBonjour({ listening: "responses", ...options });

  // Never with a `txt` filter: one packet without TXT then ends the process (row 4).
  const find = (): Browser => bonjour.find({ type: options.serviceType, protocol: "tcp" });
  let browser = find();

  const listen = (packet: Parameters<typeof readResponse>[0], from: { readonly address: string }): void => {
    for (const news of readResponse(packet, serviceName)) {
      const outcome = table.take(assemble(news, browser), from.address, clock.now());
      if (outcome === "gone") options.onGone(news.instance, from.address);
      else if (outcome !== undefined) options.onSeen(outcome);
    }
    if (browser.services.length > maxBrowserServices) {
      browser.stop();
      mdns.off("response", listen);
      browser = find();
      mdns.on("response", listen);
    }
    if (table.nextDueAt() < nap.until) nap.control.abort();
  };
  // After the browser's own listener, so that it has taken the packet in.
  mdns.on("response", listen);

  const ask = async (): Promise<void> => {
    let gapMs = firstQueryGapMs;
    let lastQueryAt = clock.now();
    let nextQueryAt = lastQueryAt + gapMs;
    while (!stop.signal.aborted) {
      const { locate, refresh } = table.due(clock.now());
      for (const name of locate)
        mdns.query([
          { name, type: "SRV" },
          { name, type: "TXT" },
        ]);
      const now = clock.now();
      if (now >= nextQueryAt) {
        gapMs = Math.min(2 * gapMs, longestQueryGapMs);
        nextQueryAt = now + gapMs;
      }
      // One question is for all instances: a link full of forged ones does not make us ask more than once a second.
      if (now + gapMs === nextQueryAt || (refresh === "needed" && now - lastQueryAt >= firstQueryGapMs)) {
        lastQueryAt = now;
        browser.update();
      }
      nap = { until: Math.min(nextQueryAt, table.nextDueAt()), control: new AbortController() };
      const napMs = Math.max(1, nap.until - clock.now());
      // Rejects when a packet brought something due earlier, or this is closed; both are looked at above.
      await clock.sleep(napMs, AbortSignal.any([stop.signal, nap.control.signal])).catch(() => {});
    }
  };
  const asking = ask().catch((error: unknown) =>
    options.onTrouble(error instanceof Error ? error : new Error(String(error))),
  );

  return async () => {
    stop.abort();
    await asking;
    browser.stop();
    await close();
  };
}
