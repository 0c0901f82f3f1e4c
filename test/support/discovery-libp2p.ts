import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import type { Close } from "../../src/runtime/close-all.js";

const group = "224.0.0.251";
const label = "q3Zr8mT1xYbN5kWc7LsD2vHf9gJp4RaE0uKo";

const nameBytes = (name: string): Buffer =>
  Buffer.concat([...name.split(".").map((part) => Buffer.from([part.length, ...Buffer.from(part)])), Buffer.of(0)]);

function number(...parts: readonly (readonly [value: number, bytes: 2 | 4])[]): Buffer {
  return Buffer.concat(
    parts.map(([value, bytes]) => {
      const buffer = Buffer.alloc(bytes);
      buffer.writeUIntBE(value, 0, bytes);
      return buffer;
    }),
  );
}

/** An answer as libp2p-mdns writes it: a PTR to a random label, and under it a TXT record for each address. */
export function libp2pAnswer(peerId: string, addresses: readonly string[]): Buffer {
  const target = nameBytes(label);
  const records = addresses.map((address) => {
    const text = Buffer.from(`dnsaddr=${address}/p2p/${peerId}`);
    const head = number([16, 2], [0x8001, 2], [2_500, 4], [text.length + 1, 2]);
    return Buffer.concat([target, head, Buffer.of(text.length), text]);
  });
  return Buffer.concat([
    number([0xbeef, 2], [0x8400, 2], [0, 2], [1, 2], [0, 2], [records.length, 2]),
    nameBytes("_p2p._udp.local"),
    number([12, 2], [1, 2], [2_500, 4], [target.length, 2]),
    target,
    ...records,
  ]);
}

const isQuestion = (packet: Buffer): boolean =>
  ((packet[2] ?? 0) & 0x80) === 0 && packet.includes(nameBytes("_p2p._udp.local"));

async function bound(port: number, address: string): Promise<Socket> {
  const socket = createSocket({ type: "udp4", reuseAddr: true });
  socket.bind(port, address);
  await once(socket, "listening");
  return socket;
}

/** A libp2p program on one link: hears questions on the mDNS port, answers to the group from a port of its own. */
export async function openLibp2pProgram(options: {
  readonly mdnsPort: number;
  /** Its IPv4 address on the link. */
  readonly address: string;
  readonly peerId: string;
  readonly addresses: readonly string[];
}): Promise<{ readonly questions: () => number; readonly close: Close }> {
  const ear = await bound(options.mdnsPort, "0.0.0.0");
  ear.addMembership(group, options.address);
  const mouth = await bound(0, options.address);
  mouth.setMulticastInterface(options.address);
  const answer = libp2pAnswer(options.peerId, options.addresses);
  let questions = 0;
  ear.on("message", (packet) => {
    if (!isQuestion(packet)) return;
    questions += 1;
    mouth.send(answer, options.mdnsPort, group);
  });
  return {
    questions: () => questions,
    close: async () => {
      await Promise.all([ear, mouth].map((socket) => new Promise<void>((resolve) => socket.close(() => resolve()))));
    },
  };
}
