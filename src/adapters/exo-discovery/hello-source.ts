import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { networkInterfaces } from "node:os";
import type { ExoHintEvent, ExoHintSource } from "../../discover/exo/exo-hints.js";
import { readHelloPacket, writeHello } from "../../discover/exo/hello-packets.js";
import { namespaceHash } from "../../discover/exo/namespace-hash.js";
import type { Clock } from "../../runtime/clock.js";
import { chooseIpv6Interfaces } from "./ipv6-interfaces.js";

/** An IPv6 address without scope, and a UDP port. */
export interface HelloPlace {
  readonly address: string;
  readonly port: number;
}

/** Where exo after 1.0.71 announces itself (exo source, b5375f8c). */
const helloPlace: HelloPlace = { address: "ff12::e0a1:de89", port: 52_413 };
/** exo's own pace. An answer that was lost is asked for again. */
const askEveryMs = 1_000;

export interface HelloSourceOptions {
  /** Namespaces to ask for. */
  readonly namespaces: readonly string[];
  /** `auto` for every interface with IPv6 that leads out of this machine, or an interface's name. */
  readonly interfaceName: string;
  /** Where hellos come to. Replaced in tests: Linux has no IPv6 multicast on the loopback interface. */
  readonly hearAt?: HelloPlace;
  /** Where hellos are sent to. */
  readonly askAt?: HelloPlace;
  readonly clock: Clock;
  readonly randomBytes: (bytes: number) => Uint8Array;
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const isMulticast = ({ address }: HelloPlace): boolean => address.toLowerCase().startsWith("ff");

/** Its link makes a link-local group an address. */
const scoped = (place: HelloPlace, name: string): string =>
  isMulticast(place) ? `${place.address}%${name}` : place.address;

/** Hears everybody's hellos. Bound to the group itself: unicast answers to an exo on this machine are never taken from it. */
async function openEar(name: string, place: HelloPlace): Promise<Socket> {
  const socket = createSocket({ type: "udp6", reuseAddr: true });
  try {
    socket.bind({ port: place.port, address: scoped(place, name), exclusive: true });
    await once(socket, "listening");
    if (isMulticast(place)) socket.addMembership(place.address, `::%${name}`);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** Asks from a port of its own, which is where the answers come to. */
async function openMouth(name: string): Promise<Socket> {
  const socket = createSocket({ type: "udp6" });
  try {
    socket.bind({ port: 0, address: "::", exclusive: true });
    await once(socket, "listening");
    socket.setMulticastInterface(`::%${name}`);
    socket.setMulticastTTL(1);
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/**
 * Finds exos after 1.0.71: hears their hellos, which show who speaks which namespace, and says hello in the namespaces given,
 * whereupon they tell id and port. Nobody joins by that: exo dials only those who answer a hello of its own, and this never
 * does.
 */
export function createHelloSource(options: HelloSourceOptions): ExoHintSource {
  const { hearAt = helloPlace, askAt = helloPlace, clock } = options;
  const sockets: Socket[] = [];
  const stop = new AbortController();
  const asked = new Map<string, string>();
  let asking: Promise<void> = Promise.resolve();

  const hear = (socket: Socket, report: (event: ExoHintEvent) => void, name: string): void => {
    sockets.push(socket);
    socket.on("error", (error) => report({ kind: "trouble", message: `IPv6 on ${name}: ${error.message}` }));
    socket.on("message", (datagram, { address }) => {
      const packet = readHelloPacket(datagram);
      if (packet === undefined || asked.has(packet.nonce) !== (packet.kind === "whats-up")) return;
      const namespace = asked.get(packet.nonce) ?? "";
      if (packet.kind === "hello") report({ kind: "hello", address, namespaceHash: packet.namespaceHash });
      else report({ ...packet, address, namespace });
    });
  };

  const askOn = (name: string, mouth: Socket): void => {
    // A send that fails is one packet less: the next one follows in a second, and the silence shows in what is found.
    for (const [nonce, namespace] of asked)
      mouth.send(writeHello(nonce, namespaceHash(namespace)), askAt.port, scoped(askAt, name), () => {});
  };

  const open = async (report: (event: ExoHintEvent) => void): Promise<void> => {
    for (const namespace of new Set(options.namespaces))
      asked.set(Buffer.from(options.randomBytes(8)).toString("hex"), namespace);
    const names = chooseIpv6Interfaces(networkInterfaces(), options.interfaceName);
    if (names.length === 0)
      report({ kind: "trouble", message: "no network interface with IPv6: exo after 1.0.71 can't be heard from here" });
    const mouths: (readonly [string, Socket])[] = [];
    for (const name of names) {
      const trouble = (error: unknown): void =>
        report({ kind: "trouble", message: `exo after 1.0.71 can't be heard on ${name}: ${messageOf(error)}` });
      await openEar(name, hearAt).then((ear) => hear(ear, report, name), trouble);
      const mouth = await openMouth(name).catch(trouble);
      if (mouth === undefined) continue;
      hear(mouth, report, name);
      mouths.push([name, mouth]);
    }
    const ask = async (): Promise<void> => {
      while (!stop.signal.aborted) {
        for (const [name, mouth] of mouths) askOn(name, mouth);
        // Rejects only when closed.
        await clock.sleep(askEveryMs, stop.signal).catch(() => {});
      }
    };
    asking = ask();
  };

  return {
    start: open,
    close: async () => {
      stop.abort();
      await asking;
      await Promise.all(sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
    },
  };
}
