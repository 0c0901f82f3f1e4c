import type { FastifyInstance } from "fastify";
import { isLoopbackName } from "../../gateway/door/loopback.js";
import { Problem } from "../../runtime/problem.js";

/** Where the admin port is to be. */
export interface AdminListen {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
  /** `take-another`: when the port is in use, any that is free. For a port that nobody asked for. */
  readonly whenInUse: "fail" | "take-another";
}

/**
 * Opens the admin port.
 *
 * @returns the address and port that it really got
 * @throws Problem `admin_exposed`, `port_in_use` or `address_not_available`
 */
export async function listenForAdmins(
  server: FastifyInstance,
  { host, port, whenInUse }: AdminListen,
  scheme: "http" | "https",
): Promise<{ readonly address: string; readonly port: number }> {
  if (scheme === "http" && !isLoopbackName(host.toLowerCase())) throw exposed(host);
  const bare = host.replace(/^\[|\]$/g, "");
  try {
    await server.listen({ host: bare, port });
  } catch (error) {
    if (codeOf(error) !== "EADDRINUSE" || whenInUse === "fail") throw listenProblem(error, host, port);
    await server.listen({ host: bare, port: 0 });
  }
  const address = server.server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has an address and a port");
  return { address: address.address, port: address.port };
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

const exposed = (host: string): Problem =>
  new Problem(
    "usage",
    "admin_exposed",
    `the admin API would listen on ${host} without TLS: whoever is on the way could read its keys`,
    "Name a certificate and its key under admin.tls in cluster.yaml, or listen on 127.0.0.1.",
  );

function listenProblem(cause: unknown, host: string, port: number): unknown {
  const hint = "Set admin.listen in cluster.yaml to another address, or to off.";
  switch (codeOf(cause)) {
    case "EADDRINUSE":
      return new Problem("failed", "port_in_use", `port ${port} of ${host}, for the admin API, is in use`, hint, {
        cause,
      });
    case "EACCES":
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new Problem("failed", "address_not_available", `the admin API can't listen on ${host}:${port}`, hint, {
        cause,
      });
    default:
      return cause;
  }
}
