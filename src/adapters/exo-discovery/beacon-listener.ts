import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { readClassicBeacon } from "../../discover/exo/classic-beacon.js";
import type { ExoHintEvent, ExoHintSource } from "../../discover/exo/exo-hints.js";

export interface BeaconListenerOptions {
  /** UDP ports that exo 0.0.x broadcasts to: its `--broadcast-port`, 5678 unless told otherwise. */
  readonly udpPorts: readonly number[];
  /** IPv4 address to bind. Default every one. */
  readonly bindAddress?: string;
}

const reasonOf = (error: unknown): string =>
  error instanceof Error && "code" in error && error.code === "EADDRINUSE"
    ? "another program on this machine has it for itself"
    : error instanceof Error
      ? error.message
      : String(error);

/**
 * Listens for the broadcasts of exo 0.0.x and never answers one: whoever answers becomes a member of its ring. Where the
 * datagram came from counts; the beacon itself names no address.
 */
export function createBeaconListener({ udpPorts, bindAddress = "0.0.0.0" }: BeaconListenerOptions): ExoHintSource {
  const sockets: Socket[] = [];
  const listen = async (udpPort: number, report: (event: ExoHintEvent) => void): Promise<void> => {
    // Shared, so that an exo 0.0.x on this machine can still start while this runs.
    const socket = createSocket({ type: "udp4", reuseAddr: true });
    try {
      socket.bind({ port: udpPort, address: bindAddress, exclusive: true });
      await once(socket, "listening");
    } catch (error) {
      socket.close();
      const message = `can't hear exo 0.0.x on UDP port ${udpPort}: ${reasonOf(error)}`;
      report({ kind: "trouble", message });
      return;
    }
    sockets.push(socket);
    socket.on("error", (error) => report({ kind: "trouble", message: `UDP port ${udpPort}: ${error.message}` }));
    socket.on("message", (datagram, from) => {
      const beacon = readClassicBeacon(datagram);
      if (beacon !== undefined) report({ kind: "beacon", address: from.address, udpPort, beacon });
    });
  };
  return {
    start: async (report) => {
      for (const udpPort of new Set(udpPorts)) await listen(udpPort, report);
    },
    close: async () => {
      await Promise.all(sockets.splice(0).map((socket) => new Promise<void>((resolve) => socket.close(resolve))));
    },
  };
}
