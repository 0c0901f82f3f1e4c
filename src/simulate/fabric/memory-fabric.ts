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
  let pending: (() => void)[] = [];

  /** One turn for everything that was sent in this one: many nodes send many messages. */
  const later = (work: () => void): void => {
    pending.push(work);
    if (pending.length > 1) return;
    setImmediate(() => {
      const due = pending;
      pending = [];
      for (const one of due) one();
    });
  };
  const isIn = (port: Port): boolean => ports.get(port.peer.id) === port;
  const toOthers = (self: Port, tell: (port: Port) => void): void => {
    const audience = [...ports.values()].filter((port) => port !== self);
    later(() => {
      for (const port of audience) if (isIn(port)) tell(port);
    });
  };

  return {
    join(peer) {
      const self: Port = { peer, message: ignore, joined: ignore, left: ignore };
      const before = [...ports.values()].map((port) => port.peer);
      ports.set(peer.id, self);
      toOthers(self, (port) => port.joined(peer));
      later(() => {
        for (const other of before) if (isIn(self)) self.joined(other);
      });
      return {
        publish(topic, body) {
          if (!isIn(self)) return;
          const message: FabricMessage = { topic, from: peer.id, body };
          later(() => {
            for (const port of ports.values()) if (port !== self) port.message(message);
          });
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
          if (!isIn(self)) return;
          ports.delete(peer.id);
          toOthers(self, (port) => port.left(peer.id));
        },
      };
    },
  };
}
