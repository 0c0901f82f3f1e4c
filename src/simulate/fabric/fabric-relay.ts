import { type AddressInfo, createServer, isIP, type Socket } from "node:net";
import { readFrames, sendFrame } from "./frames.js";

/** A running relay: the switch between simulated exos that are processes of their own. */
export interface FabricRelay {
  /** TCP port on loopback. */
  readonly port: number;
  close(): Promise<void>;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null;

/** Whether an address belongs to this machine alone. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));

/**
 * Starts the relay. It tells each newcomer who is there, tells the others about newcomers and leavers, and passes every
 * other frame on to all other peers.
 *
 * @throws RangeError when `host` is not a loopback address: a simulation never leaves the machine.
 */
export async function startFabricRelay(listen: { readonly host: string; readonly port: number }): Promise<FabricRelay> {
  if (!isLoopback(listen.host)) throw new RangeError(`a simulation listens on loopback only, not on ${listen.host}`);
  const peers = new Map<string, { readonly socket: Socket; readonly profile: unknown }>();
  const sockets = new Set<Socket>();

  const broadcast = (from: string, frame: unknown): void => {
    for (const [id, peer] of peers) if (id !== from) sendFrame(peer.socket, frame);
  };
  const welcome = (id: string, profile: unknown, socket: Socket): void => {
    for (const [other, peer] of peers) sendFrame(socket, { joined: { id: other, profile: peer.profile } });
    peers.set(id, { socket, profile });
    broadcast(id, { joined: { id, profile } });
    socket.on("close", () => {
      if (peers.get(id)?.socket !== socket) return;
      peers.delete(id);
      broadcast(id, { left: id });
    });
  };

  const server = createServer((socket) => {
    let own: string | undefined;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on("error", () => socket.destroy());
    socket.on("close", () => sockets.delete(socket));
    readFrames(socket, (frame) => {
      if (own !== undefined) return broadcast(own, frame);
      const hello = isRecord(frame) ? frame.hello : undefined;
      if (!isRecord(hello) || typeof hello.id !== "string" || peers.has(hello.id)) return void socket.destroy();
      own = hello.id;
      welcome(hello.id, hello.profile, socket);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(listen.port, listen.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}
