import type { Server } from "node:http";
import { Problem } from "../runtime/problem.js";

/** Where a listener is to be opened. */
export interface ListenAddress {
  readonly host: string;
  /** 0 takes any that is free. */
  readonly port: number;
}

/**
 * Opens the server.
 *
 * @returns the address and port that it really got
 * @throws Problem `port_in_use`, `port_not_allowed` or `address_not_available`
 */
export async function listen(
  server: Server,
  { host, port }: ListenAddress,
): Promise<{ readonly address: string; readonly port: number }> {
  await new Promise<void>((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(listenProblem(error, host, port));
    server.once("error", onError);
    server.listen({ host: host.replace(/^\[|\]$/g, ""), port }, () => {
      server.off("error", onError);
      resolve();
    });
  });
  const bound = server.address();
  if (bound === null || typeof bound === "string") throw new TypeError("a TCP server has an address and a port");
  return { address: bound.address, port: bound.port };
}

function listenProblem(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const hint = "Choose another one with gateway.listen in cluster.yaml.";
  const options = { cause: error };
  switch (error.code) {
    case "EADDRINUSE": {
      const message = `The gateway cannot listen on ${host}:${port}: the port is in use.`;
      return new Problem(
        "failed",
        "port_in_use",
        message,
        `Stop what uses it, or set gateway.listen in cluster.yaml to another port.`,
        options,
      );
    }
    case "EACCES":
      return new Problem("failed", "port_not_allowed", `The gateway may not listen on port ${port}.`, hint, options);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return new Problem("failed", "address_not_available", `This machine has no address ${host}.`, hint, options);
    default:
      return error;
  }
}
