import type { Server } from "node:http";
import type { GatewayContext } from "./gateway-settings.js";
import type { GivenUp } from "./request-context.js";

/** What remains of an answer after it was ended gets this long to reach the client. */
const flushMs = 1_000;

/**
 * Closes the server in steps: no new connections; running answers may finish within the grace period; then they are ended,
 * each with an error that its client understands; then connections are cut.
 *
 * @param running one controller for each request that is being answered
 */
export async function closeServer(
  server: Server,
  running: ReadonlySet<AbortController>,
  { clock, limits }: GatewayContext,
): Promise<void> {
  const closed = new AbortController();
  const allClosed = new Promise<void>((resolve) => {
    server.close(() => {
      closed.abort();
      resolve();
    });
  });
  server.closeIdleConnections();
  const insist = async (): Promise<void> => {
    await clock.sleep(limits.closeGraceMs, closed.signal);
    for (const stop of running) stop.abort("closing" satisfies GivenUp);
    await clock.sleep(flushMs, closed.signal);
    server.closeAllConnections();
  };
  insist().catch(() => {
    // All connections closed by themselves: the only way sleeping fails.
  });
  await allClosed;
}
