import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { MulticastDNS, ResponsePacket } from "multicast-dns";
import makeMdns from "multicast-dns";
import type { Close } from "../../src/runtime/close-all.js";

type Answer = NonNullable<ResponsePacket["answers"]>[number];

/** A UDP port for one test's own mDNS, away from 5353 and from the ports that the system hands out. */
export const somePort = (): number => 20_000 + Math.floor(Math.random() * 10_000);

/** Somebody on the loopback link who can send any mDNS packet, from the mDNS port or, as a forger, from another one. */
export async function openMdnsPeer(
  mdnsPort: number,
  from: "mdns-port" | "other-port" = "mdns-port",
): Promise<{
  readonly mdns: MulticastDNS;
  readonly send: (...answers: readonly Answer[]) => Promise<void>;
  readonly raw: (bytes: Buffer) => Promise<void>;
  readonly close: Close;
}> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(from === "mdns-port" ? mdnsPort : 0, "0.0.0.0");
  await once(socket, "listening");
  socket.addMembership("224.0.0.251", "127.0.0.1");
  socket.setMulticastInterface("127.0.0.1");
  const mdns = makeMdns({ socket, port: mdnsPort, bind: false, multicast: false });
  return {
    mdns,
    send: (...answers) =>
      new Promise((resolve, reject) =>
        mdns.respond([...answers], (error) => (error === null ? resolve() : reject(error))),
      ),
    raw: (bytes) =>
      new Promise((resolve, reject) =>
        socket.send(bytes, mdnsPort, "224.0.0.251", (error) => (error === null ? resolve() : reject(error))),
      ),
    close: () => new Promise((resolve) => mdns.destroy(() => resolve())),
  };
}

/** The records of one instance of `_exoctl-sim._tcp`. */
export function recordsOf(
  name: string,
  parts: { readonly port?: number; readonly txt?: readonly string[]; readonly ttlSec?: number } = {},
): { readonly ptr: Answer; readonly srv: Answer; readonly txt: Answer } {
  const ttl = parts.ttlSec ?? 120;
  const fullName = `${name}._exoctl-sim._tcp.local`;
  const strings = (parts.txt ?? ["txtvers=1", "pv=1"]).map((text) => Buffer.from(text));
  return {
    ptr: { type: "PTR", name: "_exoctl-sim._tcp.local", ttl, data: fullName },
    srv: { type: "SRV", name: fullName, ttl, data: { port: parts.port ?? 1_234, target: "somebody.local" } },
    txt: { type: "TXT", name: fullName, ttl, data: strings },
  };
}
