import type { Chunk } from "./exo-types.js";

/** How one command's stream of chunks goes on. `closed`: nothing more will come, and nobody says why. */
export type StreamItem = { readonly kind: "chunk"; readonly chunk: Chunk } | { readonly kind: "closed" };

/** The answers that one API is waiting for, by command. */
export interface TokenStreams {
  /** Opens a stream before its command is sent. `onItem` is called for every item until it is closed or let go. */
  open(commandId: string, onItem: (item: StreamItem) => void): void;
  /** The API is done with a stream. */
  release(commandId: string): void;
  isOpen(commandId: string): boolean;
  deliver(commandId: string, chunk: Chunk): void;
  close(commandId: string): void;
  /** Forgets every stream without closing any: exo does so when a new master is elected. They hang. */
  forgetAll(): void;
}

export function createTokenStreams(): TokenStreams {
  const streams = new Map<string, (item: StreamItem) => void>();
  return {
    open: (commandId, onItem) => void streams.set(commandId, onItem),
    release: (commandId) => void streams.delete(commandId),
    isOpen: (commandId) => streams.has(commandId),
    deliver: (commandId, chunk) => streams.get(commandId)?.({ kind: "chunk", chunk }),
    close(commandId) {
      const listen = streams.get(commandId);
      streams.delete(commandId);
      listen?.({ kind: "closed" });
    },
    forgetAll: () => streams.clear(),
  };
}
