import { chmod, rm } from "node:fs/promises";
import type { Server } from "node:net";
import { Problem } from "../../runtime/problem.js";

/** Bytes. macOS takes 103, Linux a few more. */
const longestPath = 103;

/**
 * Opens a server on a socket that only its owner may open (mode 0600). One that is there already is what a killed process left: the
 * folder around it must be its owner's alone (0700), and locked.
 *
 * @throws Problem `socket_path_too_long`
 */
export async function listenOnOwnSocket(server: Server, path: string): Promise<void> {
  if (Buffer.byteLength(path) > longestPath)
    throw new Problem(
      "failed",
      "socket_path_too_long",
      `the path ${path} is too long for a Unix socket`,
      "Set EXOCTL_HOME to a folder with a shorter path.",
    );
  await rm(path, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ path }, () => {
      server.off("error", reject);
      resolve();
    });
  });
  await chmod(path, 0o600);
}
