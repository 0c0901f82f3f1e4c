import PQueue from "p-queue";
import type { HostPort } from "../../config/host-port.js";
import type { Clock } from "../../runtime/clock.js";
import { closeAll } from "../../runtime/close-all.js";
import type { ExoHint, ExoHintEvent, ExoHintSource, FoundBy } from "./exo-hints.js";
import type { ExoProbe, ProbeResult } from "./exo-probe.js";

/** How many hosts are asked at the same time, and how many at most. */
const probesAtOnce = 16;
const mostProbes = 256;
/** Different hints that are remembered: a link full of forged ones costs no more. */
const mostHints = 512;

/** A host to ask, and why. */
export interface Seed {
  readonly target: HostPort;
  readonly foundBy: FoundBy;
}

/** A host that was asked, and what it answered. */
export interface Probed {
  readonly target: HostPort;
  readonly foundBy: ReadonlySet<FoundBy>;
  readonly result: ProbeResult;
}

/** Everything that was seen and answered, before it is put together. */
export interface ExoMaterial {
  readonly hints: readonly ExoHint[];
  readonly probed: readonly Probed[];
  readonly troubles: readonly string[];
}

export interface FindExosOptions {
  readonly sources: readonly ExoHintSource[];
  readonly seeds: readonly Seed[];
  readonly probe: ExoProbe;
  /** Where exo's HTTP API is expected on hosts that were only seen. */
  readonly apiPort: number;
  readonly listenMs: number;
  readonly clock: Clock;
  /** Starts whatever else looks for machines; each one that it tells of is asked, too. */
  readonly alsoAsk?: (tell: (address: string, foundBy: FoundBy) => void) => Promise<void>;
}

const isIpv4 = (host: string): boolean => /^[0-9.]+$/.test(host);

/** Addresses of home and office networks (RFC 1918, RFC 6598): what one exo tells of others is followed no further. */
const isPrivate = (ip: string): boolean =>
  /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|100\.(?:6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.)[0-9.]+$/.test(ip);

const foundByOf = {
  libp2p: "libp2p-mdns",
  beacon: "udp-beacon",
  hello: "zenoh-hello",
  "whats-up": "zenoh-hello",
} as const;

/** How a hint is called where it is shown. */
export const hintFoundBy = (hint: ExoHint): FoundBy => foundByOf[hint.kind];

/**
 * Listens for a bounded time and asks every host that shows up whether it is exo: those given, the senders of hints, and the
 * members that an exo tells of, as far as they have private addresses. Only addresses that packets came from are asked, never
 * those written in them. Nothing is joined and nothing is changed anywhere.
 *
 * @throws the signal's reason, after closing what was opened
 */
export async function findExos(options: FindExosOptions, signal: AbortSignal): Promise<ExoMaterial> {
  const { sources, probe, apiPort, clock } = options;
  const queue = new PQueue({ concurrency: probesAtOnce });
  const asked = new Map<string, { target: HostPort; foundBy: Set<FoundBy>; result?: ProbeResult }>();
  const hints = new Map<string, ExoHint>();
  const troubles = new Set<string>();

  const ask = (target: HostPort, foundBy: FoundBy): void => {
    const key = JSON.stringify([target.host, target.port]);
    const before = asked.get(key);
    if (before !== undefined) return void before.foundBy.add(foundBy);
    if (asked.size >= mostProbes) return void troubles.add(`more than ${mostProbes} hosts: the rest was not asked`);
    const entry: { target: HostPort; foundBy: Set<FoundBy>; result?: ProbeResult } = {
      target,
      foundBy: new Set([foundBy]),
    };
    asked.set(key, entry);
    const run = async (): Promise<void> => {
      entry.result = await probe.ask(target, signal);
      if (entry.result.kind === "exo-1.x") follow(entry.result);
    };
    // Rejects only when the signal is aborted, which the end of this function sees for itself.
    void queue.add(run).catch(() => {});
  };
  const follow = (result: Extract<ProbeResult, { kind: "exo-1.x" }>): void => {
    const others = (result.cluster?.members ?? []).filter((member) => member.nodeId !== result.nodeId);
    for (const host of others.flatMap((member) => member.interfaces.map(({ ip }) => ip).filter(isPrivate)))
      ask({ host, port: apiPort }, "peer");
  };
  const take = (event: ExoHintEvent): void => {
    if (event.kind === "trouble") return void troubles.add(event.message);
    const key = JSON.stringify(event);
    if (hints.has(key) || hints.size >= mostHints) return;
    hints.set(key, event);
    // exo's API listens on IPv4 only.
    if (isIpv4(event.address)) ask({ host: event.address, port: apiPort }, hintFoundBy(event));
  };

  const close = closeAll(sources.map((source) => () => source.close()));
  try {
    for (const { target, foundBy } of options.seeds) ask(target, foundBy);
    await options.alsoAsk?.((address, foundBy) => {
      if (isIpv4(address)) ask({ host: address, port: apiPort }, foundBy);
    });
    for (const source of sources) await source.start(take);
    await clock.sleep(options.listenMs, signal);
  } finally {
    await close();
  }
  await queue.onIdle();
  signal.throwIfAborted();
  const probed = [...asked.values()].flatMap(({ result, ...entry }) =>
    result === undefined ? [] : [{ ...entry, result }],
  );
  return { hints: [...hints.values()], probed, troubles: [...troubles] };
}
