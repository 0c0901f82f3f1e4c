import { randomBytes } from "node:crypto";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, isIPv6 } from "node:net";
import { writeHello } from "../../discover/exo/hello-packets.js";
import { defaultNamespaces, namespaceHash } from "../../discover/exo/namespace-hash.js";
import type { PortProbe, PortState } from "../../discover/exposure/port-probe.js";

const refusals = ["ECONNREFUSED", "ECONNRESET"];

const stateOf = (error: unknown): PortState =>
  error instanceof Error && "code" in error && refusals.includes(String(error.code)) ? "refused" : "silent";

/** Opens a connection and closes it again; nothing is sent. */
async function askTcp(host: string, port: number, signal: AbortSignal): Promise<PortState> {
  const socket = connect({ host, port });
  try {
    await once(socket, "connect", { signal });
    return "open";
  } catch (error) {
    return stateOf(error);
  } finally {
    socket.destroy();
  }
}

/** Says hello as exo does, in the namespaces it has by default. Who is in another one stays silent. */
async function askUdp(host: string, port: number, signal: AbortSignal): Promise<PortState> {
  const socket = createSocket(isIPv6(host.replace(/%.*$/, "")) ? "udp6" : "udp4");
  try {
    socket.connect(port, host);
    await once(socket, "connect", { signal });
    // That nobody listens shows at the next call on the socket, which may be the next hello.
    for (const namespace of defaultNamespaces)
      socket.send(
        writeHello(randomBytes(8).toString("hex"), namespaceHash(namespace)),
        (error) => error && socket.emit("error", error),
      );
    await once(socket, "message", { signal });
    return "open";
  } catch (error) {
    return stateOf(error);
  } finally {
    socket.close();
  }
}

/** Asks over real sockets. @param waitMs until a port counts as silent */
export function createSocketPortProbe({ waitMs = 2_000 }: { readonly waitMs?: number } = {}): PortProbe {
  return {
    ask: async (host, { port, protocol }, signal) => {
      const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitMs)]);
      const state = await (protocol === "tcp" ? askTcp : askUdp)(host, port, deadline);
      signal.throwIfAborted();
      return state;
    },
  };
}
