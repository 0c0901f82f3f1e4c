import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createSocketPortProbe } from "../../../src/adapters/exo-discovery/socket-port-probe.js";
import { readHelloPacket } from "../../../src/discover/exo/hello-packets.js";

const probe = createSocketPortProbe({ waitMs: 300 });
const never = new AbortController().signal;
const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

test("a TCP port that somebody listens on is open; the listener is told nothing", async () => {
  let heard = 0;
  const server = createServer((socket) => socket.on("data", ({ length }) => (heard += length)).on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => server.close());
  const { port } = server.address() as AddressInfo;
  expect(await probe.ask("127.0.0.1", { port, protocol: "tcp", use: "" }, never)).toBe("open");
  expect(heard).toBe(0);
});

test("a port that nobody listens on refuses, over TCP and UDP", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  expect(await probe.ask("127.0.0.1", { port, protocol: "tcp", use: "" }, never)).toBe("refused");
  expect(await probe.ask("127.0.0.1", { port, protocol: "udp", use: "" }, never)).toBe("refused");
});

test("whoever answers a hello over UDP is open, whoever keeps quiet is silent", async () => {
  const [answering, quiet] = [createSocket("udp4"), createSocket("udp4")];
  const kinds: (string | undefined)[] = [];
  answering.on("message", (datagram, { port, address }) => {
    kinds.push(readHelloPacket(datagram)?.kind);
    answering.send("EXO", port, address);
  });
  for (const socket of [answering, quiet]) {
    socket.bind(0, "127.0.0.1");
    await once(socket, "listening");
    closers.push(() => socket.close());
  }
  const ask = ({ port }: AddressInfo) => probe.ask("127.0.0.1", { port, protocol: "udp", use: "" }, never);
  expect(await ask(answering.address())).toBe("open");
  expect(kinds[0]).toBe("hello");
  expect(await ask(quiet.address())).toBe("silent");
});

test("an abort ends the wait with its reason", async () => {
  const reason = new Error("enough");
  await expect(probe.ask("127.0.0.1", { port: 9, protocol: "tcp", use: "" }, AbortSignal.abort(reason))).rejects.toBe(
    reason,
  );
});
