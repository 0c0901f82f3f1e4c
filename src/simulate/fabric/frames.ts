import type { Socket } from "node:net";

/** Longest frame that either end accepts; a snapshot of a large cluster's state is far below it. */
export const maxFrameBytes = 16 * 1024 * 1024;

/** Sends one JSON value as one line. Does nothing on a socket that is closing. */
export function sendFrame(socket: Socket, value: unknown): void {
  if (!socket.destroyed && socket.writable) socket.write(`${JSON.stringify(value)}\n`);
}

/**
 * Calls `onFrame` for each line of JSON that arrives. A line that is too long or is not JSON ends the connection:
 * whoever sends such a thing is not one of ours.
 */
export function readFrames(socket: Socket, onFrame: (value: unknown) => void): void {
  let parts: string[] = [];
  let held = 0;
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    let rest = chunk;
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      parts.push(rest.slice(0, end));
      const line = parts.join("");
      parts = [];
      held = 0;
      rest = rest.slice(end + 1);
      try {
        onFrame(JSON.parse(line));
      } catch {
        socket.destroy();
        return;
      }
    }
    parts.push(rest);
    held += rest.length;
    if (held > maxFrameBytes) socket.destroy();
  });
}
