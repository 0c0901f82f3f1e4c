import type { FastifyRequest } from "fastify";
import type { Asking } from "../../controller/audit/api-for-caller.js";

/** Header in which the command line says whose it is, percent-encoded: names may have any letters. */
export const userHeader = "x-exoctl-user";

const longestName = 64;

/** Who asks over the Unix socket. @param account that runs the controller, the only one that can open the socket */
export const socketAsking =
  (account: string) =>
  ({ headers }: FastifyRequest): Asking => ({
    caller: { via: "socket", user: claimedUser(headers[userHeader]) ?? account, account },
    from: "local socket",
  });

function claimedUser(header: string | readonly string[] | undefined): string | undefined {
  if (typeof header !== "string" || header === "") return undefined;
  try {
    return decodeURIComponent(header).slice(0, longestName);
  } catch {
    return undefined; // not percent-encoded
  }
}
