import { isIPv4 } from "node:net";

/** The DNS-SD type of every libp2p program, exo up to 1.0.71 among them. */
export const libp2pService = "_p2p._udp.local";

/** A DNS record as it was decoded. Nothing about its data is believed yet. */
export interface DnsRecord {
  readonly name: string;
  readonly type: string;
  readonly data?: unknown;
}

/** One libp2p program as it announces itself. For exo 1.x up to 1.0.71 the peer id is the node id. */
export interface Libp2pPeer {
  readonly peerId: string;
  /** TCP endpoints that it says it listens on; never dialled, they only show where it binds. */
  readonly endpoints: readonly { readonly host: string; readonly port: number }[];
}

/** Multibase base58btc of a multihash: 46 characters for RSA keys, 52 for Ed25519. */
const peerIdPattern = /^[1-9A-HJ-NP-Za-km-z]{40,70}$/;
const multiaddrPattern = /^dnsaddr=\/ip4\/([0-9.]{7,15})\/tcp\/([0-9]{1,5})\/p2p\/([^/]+)$/;
const mostPeers = 32;
const mostEndpoints = 32;

const sameName = (left: string, right: string): boolean => left.toLowerCase() === right.toLowerCase();

function stringsOf(data: unknown): readonly string[] {
  const list: readonly unknown[] = Array.isArray(data) ? data : [data];
  return list.flatMap((item) =>
    item instanceof Uint8Array && item.length <= 255 ? [Buffer.from(item).toString("latin1")] : [],
  );
}

function readMultiaddr(text: string): { peerId: string; host: string; port: number } | undefined {
  const [, host = "", digits = "", peerId = ""] = multiaddrPattern.exec(text) ?? [];
  const port = Number(digits);
  if (!isIPv4(host) || port < 1 || port > 65_535 || !peerIdPattern.test(peerId)) return undefined;
  return { peerId, host, port };
}

/**
 * Reads one answer to a question for `_p2p._udp.local`: a PTR to a random label, and under that label TXT records with one
 * `dnsaddr=/ip4/<ip>/tcp/<port>/p2p/<peer id>` each (libp2p-mdns source; exo 1.0.71 has 0.48). Records of other services in the same packet,
 * other transports and malformed addresses are left out.
 */
export function readLibp2pAnswer(records: readonly DnsRecord[]): readonly Libp2pPeer[] {
  const labels = new Set(
    records.flatMap(({ type, name, data }) =>
      type === "PTR" && sameName(name, libp2pService) && typeof data === "string" ? [data.toLowerCase()] : [],
    ),
  );
  const peers = new Map<string, { readonly host: string; readonly port: number }[]>();
  for (const { type, name, data } of records) {
    if (type !== "TXT" || !labels.has(name.toLowerCase())) continue;
    for (const text of stringsOf(data)) {
      const read = readMultiaddr(text);
      if (read === undefined) continue;
      const endpoints = peers.get(read.peerId) ?? [];
      if (peers.size >= mostPeers && !peers.has(read.peerId)) continue;
      peers.set(read.peerId, endpoints);
      const known = endpoints.some(({ host, port }) => host === read.host && port === read.port);
      if (!known && endpoints.length < mostEndpoints) endpoints.push({ host: read.host, port: read.port });
    }
  }
  return [...peers].map(([peerId, endpoints]) => ({ peerId, endpoints }));
}
