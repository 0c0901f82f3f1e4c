import { connect, type Socket } from "node:net";
import type { MacProfile } from "../mac-profile.js";
import type { Fabric, FabricMessage, FabricPeer } from "./fabric.js";
import { readFrames, sendFrame } from "./frames.js";

type Frame =
  | { readonly joined: { readonly id: string; readonly profile: MacProfile } }
  | { readonly left: string }
  | { readonly topic: string; readonly from: string; readonly body: unknown };

/** Says hello to the relay and waits until the connection stands. */
async function dial(relay: { readonly host: string; readonly port: number }, self: FabricPeer): Promise<Socket> {
  const socket = connect(relay.port, relay.host);
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve();
    });
    socket.once("error", reject);
  });
  socket.setNoDelay(true);
  socket.on("error", () => socket.destroy());
  sendFrame(socket, { hello: self });
  return socket;
}

/**
 * Plugs this process into a relay. Frames come from our own relay on loopback, written by processes of the same version.
 *
 * @param onRelayLost called once when the relay ends the connection: the simulation is over
 */
export async function openTcpFabric(
  relay: { readonly host: string; readonly port: number },
  self: FabricPeer,
  onRelayLost: () => void,
): Promise<Fabric> {
  const socket = await dial(relay, self);
  let closing = false;
  let message: (message: FabricMessage) => void = () => {};
  let joined: (peer: FabricPeer) => void = () => {};
  let left: (peerId: string) => void = () => {};

  readFrames(socket, (value) => {
    const frame = value as Frame;
    if ("joined" in frame) joined(frame.joined);
    else if ("left" in frame) left(frame.left);
    else message(frame);
  });
  socket.on("close", () => {
    if (!closing) onRelayLost();
  });
  return {
    publish: (topic, body) => sendFrame(socket, { topic, from: self.id, body }),
    onMessage(listen) {
      message = listen;
    },
    onPeerJoined(listen) {
      joined = listen;
    },
    onPeerLeft(listen) {
      left = listen;
    },
    async close() {
      if (closing) return;
      closing = true;
      await new Promise<void>((resolve) => {
        if (socket.destroyed) return resolve();
        socket.once("close", () => resolve());
        socket.end();
        socket.destroySoon();
      });
    },
  };
}
