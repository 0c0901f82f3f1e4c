import { once } from "node:events";
import { type AddressInfo, connect as connectTcp, type Socket } from "node:net";
import { type ConnectionOptions, connect, createServer, type TLSSocket } from "node:tls";
import type { Identity } from "../../src/adapters/tls/identity.js";

/** A TLS server somebody else runs; `onSocket` sees each agent that finished its handshake. */
export async function openForeignServer(
  identity: Pick<Identity, "certificatePem" | "privateKeyPem">,
  onSocket: (socket: TLSSocket) => void,
  options: { readonly maxVersion?: "TLSv1.2" } = {},
) {
  const server = createServer(
    {
      key: identity.privateKeyPem,
      cert: identity.certificatePem,
      requestCert: true,
      rejectUnauthorized: false,
      // A process may have raised the lowest version for everybody.
      minVersion: "TLSv1.2",
      ...options,
    },
    (socket) => {
      socket.on("error", () => {});
      onSocket(socket);
    },
  );
  const firstClosed = once(server, "connection").then(([socket]) => once(socket, "close"));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: (server.address() as AddressInfo).port, firstClosed, close: () => server.close() };
}

/** A TLS connection to the controller's enrolment, after the handshake; what follows is up to the attacker. */
export async function dialEnrolment(
  port: number,
  identity: Pick<Identity, "certificatePem" | "privateKeyPem">,
  options: ConnectionOptions & { readonly localAddress?: string } = {},
): Promise<TLSSocket> {
  const socket = connect({
    host: "127.0.0.1",
    port,
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    rejectUnauthorized: false,
    minVersion: "TLSv1.2",
    ...options,
  });
  await once(socket, "secureConnect");
  socket.on("error", () => {});
  return socket;
}

/** A TCP connection that says nothing. */
export async function dialSilently(port: number, localAddress = "127.0.0.1"): Promise<Socket> {
  const socket = connectTcp({ host: "127.0.0.1", port, localAddress });
  socket.on("error", () => {});
  socket.resume();
  await once(socket, "connect");
  return socket;
}

/** Everything the other side says until it closes. */
export async function readAll(socket: TLSSocket): Promise<string> {
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  // Whether it was closed or reset is all the same here.
  if (!socket.closed) await new Promise((resolve) => socket.once("close", resolve));
  return Buffer.concat(chunks).toString();
}
