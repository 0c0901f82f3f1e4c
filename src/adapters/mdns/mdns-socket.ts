import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { EventEmitter, once } from "node:events";
import { isOnLink, type LocalInterface } from "./choose-interfaces.js";

const group = "224.0.0.251";
/** RFC 6762 17: no mDNS packet is larger. */
const maxPacketBytes = 9_000;
/** macos-nodes reference 1.7. */
const maxRecords = 64;
const headerBytes = 12;
const responseBit = 0x80;

/** What this process wants to hear: a browser only answers, an advertiser only questions. */
export type Listening = "responses" | "queries" | "responses-from-any-port";

/**
 * Whether a packet may reach the mDNS libraries. RFC 6762 section 6: a response whose UDP source port is not the mDNS port is
 * ignored; only for libp2p, which answers from a port of its own, may it be any. The interface's subnet both bounds who may speak and tells links apart: a socket bound to 0.0.0.0 also hears
 * groups that other sockets joined on other interfaces.
 */
export function acceptsPacket(
  packet: Uint8Array,
  from: Pick<RemoteInfo, "address" | "port">,
  rules: { readonly listening: Listening; readonly mdnsPort: number; readonly local: LocalInterface },
): boolean {
  if (packet.length < headerBytes || packet.length > maxPacketBytes) return false;
  const isResponse = ((packet[2] ?? 0) & responseBit) !== 0;
  if (isResponse !== (rules.listening !== "queries")) return false;
  if (rules.listening === "responses" && from.port !== rules.mdnsPort) return false;
  const view = new DataView(packet.buffer, packet.byteOffset, packet.byteLength);
  const records = view.getUint16(4) + view.getUint16(6) + view.getUint16(8) + view.getUint16(10);
  return records <= maxRecords && isOnLink(from.address, rules.local);
}

export interface MdnsSocketOptions {
  readonly listening: Listening;
  readonly mdnsPort: number;
  readonly local: LocalInterface;
  /** Told about every failure; nothing a packet does may end the process. */
  readonly onTrouble: (error: Error) => void;
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

async function openSocket(options: MdnsSocketOptions): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  try {
    socket.bind(options.mdnsPort, "0.0.0.0");
    await once(socket, "listening");
    socket.addMembership(group, options.local.address);
    socket.setMulticastInterface(options.local.address);
    socket.setMulticastTTL(255);
    socket.setMulticastLoopback(true);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/**
 * Opens the UDP socket for one interface, bound and joined to the group, and wraps it so that multicast-dns sees only
 * acceptable packets. It is opened here, not by multicast-dns, because that reports neither a failed membership nor a missing
 * route, and remembers memberships for ever. A throw inside the library's packet handlers ends at `onTrouble`.
 *
 * @throws Error of the system when the port can't be bound or the group not joined.
 */
export async function openMdnsSocket(options: MdnsSocketOptions): Promise<Socket> {
  const socket = await openSocket(options);
  const facade = new EventEmitter();
  const guarded = (event: string, ...args: readonly unknown[]): void => {
    try {
      facade.emit(event, ...args);
    } catch (error) {
      options.onTrouble(asError(error));
    }
  };
  socket.on("error", options.onTrouble);
  socket.on("message", (packet, from) => {
    if (acceptsPacket(packet, from, options)) guarded("message", packet, from);
  });
  let closed = false;
  const methods = {
    address: () => socket.address(),
    send: (...args: Parameters<Socket["send"]>) => {
      // Between close() and the last timer of bonjour-service there may be one more send; Node throws for it.
      if (!closed) socket.send(...args);
    },
    close: (done?: () => void) => {
      if (closed) return done?.();
      closed = true;
      socket.close(done);
    },
  };
  // multicast-dns asks for a dgram.Socket; of it, with `bind: false` and `multicast: false`, it uses these methods and events.
  return Object.assign(facade, methods) as unknown as Socket;
}
