import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { connect } from "node:net";
import fastify from "fastify";
import type { Close } from "../../runtime/close-all.js";
import { Problem } from "../../runtime/problem.js";
import { type ServedRoutes, serveRoutes } from "./serve-routes.js";
import { socketAsking } from "./socket-caller.js";

/** Bytes. macOS takes 103, Linux a few more. */
const longestSocketPath = 103;

/**
 * Serves the admin API on a Unix socket that only its owner may open (mode 0600), so that no secret and no TCP port is
 * needed on the controller's own machine.
 *
 * @throws Problem `controller_running` when another controller answers on that socket; `socket_path_too_long`.
 */
export async function openAdminServer(
  options: Omit<ServedRoutes, "askingOf"> & {
    readonly socketPath: string;
    /** Name of the account that this process runs under. */
    readonly account: string;
  },
): Promise<Close> {
  if (Buffer.byteLength(options.socketPath) > longestSocketPath)
    throw new Problem(
      "failed",
      "socket_path_too_long",
      `the path ${options.socketPath} is too long for a Unix socket`,
      "Set EXOCTL_HOME to a folder with a shorter path.",
    );
  if (await answers(options.socketPath))
    throw new Problem(
      "failed",
      "controller_running",
      `another controller is running on ${options.socketPath}`,
      "Stop it first, or set EXOCTL_HOME to another folder.",
    );
  await rm(options.socketPath, { force: true });
  const server = fastify({ bodyLimit: 4 * 1024 * 1024, forceCloseConnections: true });
  serveRoutes(server, { ...options, askingOf: socketAsking(options.account) });
  // The folder around it is the owner's alone (0700), so nobody gets in before the mode is set.
  await server.listen({ path: options.socketPath });
  await chmod(options.socketPath, 0o600);
  return async () => {
    await server.close();
    await rm(options.socketPath, { force: true });
  };
}

async function answers(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false; // nobody listens: a socket left behind, or none
  } finally {
    socket.destroy();
  }
}
