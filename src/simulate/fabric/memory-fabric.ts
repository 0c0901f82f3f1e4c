import type { Fabric, FabricMessage, FabricPeer } from "./fabric.js";

/** A switch inside one process, for tests and for runs with many nodes. */
export interface MemorySwitch {
  join(peer: FabricPeer): Fabric;
}

interface Port {
  readonly peer: FabricPeer;
  message: (message: FabricMessage) => void;
  joined: (peer: FabricPeer) => void;
  left: (peerId: string) => void;
}

const ignore = (): void => {};

/** Opens an in-memory switch. Messages are delivered in a later turn of the event loop, as over a network. */
export function createMemorySwitch(): MemorySwitch {
  const ports = new Map<string, Port>();

  const later = (port: Port, work: () => void): void => {
    setImmediate(() => {
      if (ports.get(port.peer.id) === port) work();
    });
  };
  const others = (self: Port): Port[] => [...ports.values()].filter((port) => port !== self);

  return {
    join(peer) {
      const self: Port = { peer, message: ignore, joined: ignore, left: ignore };
      for (const port of ports.values()) {
        later(port, () => port.joined(peer));
        later(self, () => self.joined(port.peer));
      }
      ports.set(peer.id, self);
      return {
        publish(topic, body) {
          if (ports.get(peer.id) !== self) return;
          for (const port of others(self)) later(port, () => port.message({ topic, from: peer.id, body }));
        },
        onMessage(listen) {
          self.message = listen;
        },
        onPeerJoined(listen) {
          self.joined = listen;
        },
        onPeerLeft(listen) {
          self.left = listen;
        },
        async close() {
          if (ports.get(peer.id) !== self) return;
          ports.delete(peer.id);
          for (const port of ports.values()) later(port, () => port.left(peer.id));
        },
      };
    },
  };
}
