import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Close } from "../../src/runtime/close-all.js";

/** An exo after 1.0.71 on the loopback interface or on a link, as far as its discovery goes; it notes who tried to become its peer. */
export interface HelloExo {
  /** Announces itself once, as exo does every second. */
  announce(): void;
  /** Answers that came for announcements of its own: whoever sends one becomes a peer. */
  readonly joined: () => number;
  readonly close: Close;
}

/** @param options `namespaceHash` and `nodeId` in hex, the latter with all 32 digits; without `link` it announces to `hearPort` of ::1 */
export async function openHelloExo(options: {
  readonly link?: { readonly interfaceName: string; readonly group: string };
  readonly port: number;
  readonly hearPort: number;
  readonly namespaceHash: string;
  readonly nodeId: string;
  readonly zenohPort: number;
}): Promise<HelloExo> {
  const socket: Socket = createSocket({ type: "udp6", reuseAddr: true });
  const { link } = options;
  socket.bind(options.port, link === undefined ? "::1" : "::");
  await once(socket, "listening");
  if (link !== undefined) socket.addMembership(link.group, `::%${link.interfaceName}`);
  const everybody = link === undefined ? "::1" : `${link.group}%${link.interfaceName}`;
  const namespace = Buffer.from(options.namespaceHash, "hex");
  const ownNonce = Buffer.from("0102030405060708", "hex");
  let joined = 0;
  socket.on("message", (packet, from) => {
    if (packet.subarray(0, 3).toString() !== "EXO") return;
    if (packet[3] === 1) joined += 1;
    // Its own hello, which the link brings back.
    if (packet[3] === 0 && packet.subarray(4, 12).equals(ownNonce)) return;
    if (packet[3] !== 0 || packet.length !== 20 || !packet.subarray(12).equals(namespace)) return;
    const id = Buffer.from(options.nodeId, "hex").reverse();
    const port = Buffer.of(options.zenohPort & 0xff, options.zenohPort >> 8);
    const answer = Buffer.concat([Buffer.from("EXO"), Buffer.of(1), packet.subarray(4, 12), id, port]);
    socket.send(answer, from.port, from.address);
  });
  const hello = Buffer.concat([Buffer.from("EXO"), Buffer.of(0), ownNonce, namespace]);
  return {
    announce: () => socket.send(hello, options.hearPort, everybody),
    joined: () => joined,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}
