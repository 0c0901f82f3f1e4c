import { randomUUID } from "node:crypto";
import type { Session } from "./election.js";
import { sameSession } from "./election.js";
import type { ExoEvent, FoldEvent } from "./exo-events.js";
import type { ExoStateDocument } from "./exo-state.js";
import type { ExoTimes } from "./exo-times.js";
import type { Timers } from "./timers.js";

/** A node's event on its way to the master. */
export interface LocalEvent {
  readonly session: Session;
  readonly origin: string;
  readonly originIdx: number;
  readonly eventId: string;
  readonly event: ExoEvent;
}

/** An event with its place in the master's order. */
export interface GlobalEvent {
  readonly session: Session;
  readonly idx: number;
  readonly eventId: string;
  readonly event: ExoEvent;
}

/** The master's state, for a node that came later. exo replays its whole log instead; what a client sees is the same. */
export interface Snapshot {
  readonly session: Session;
  readonly to: string;
  readonly state: ExoStateDocument;
}

/** One node's end of the event stream during one reign. */
export interface SessionEvents {
  readonly session: Session;
  state(): ExoStateDocument;
  /** Sends an event to the master; repeated until the master has put it in order. */
  send(event: ExoEvent): void;
  receivedGlobal(message: GlobalEvent): void;
  receivedSnapshot(message: Snapshot): void;
}

/**
 * Follows one session: events are applied in the master's order without gaps; a gap, or a session that began before this
 * node came, is filled by asking for a snapshot.
 */
export function openSessionEvents(options: {
  readonly session: Session;
  readonly nodeId: string;
  readonly empty: ExoStateDocument;
  readonly fold: FoldEvent;
  readonly times: ExoTimes;
  readonly timers: Timers;
  readonly publishLocal: (message: LocalEvent) => void;
  readonly askSnapshot: () => void;
  readonly onApplied: (message: GlobalEvent) => void;
}): SessionEvents {
  const { session, times, timers } = options;
  const origin = randomUUID();
  const waiting = new Map<number, GlobalEvent>();
  const unconfirmed = new Map<string, { message: LocalEvent; sentAt: number }>();
  let state = options.empty;
  let nextOriginIdx = 0;
  let asking = false;

  const apply = (message: GlobalEvent): void => {
    state = options.fold(state, message.event);
    options.onApplied(message);
  };
  const drain = (): void => {
    for (;;) {
      const next = waiting.get(state.lastEventAppliedIdx + 1);
      if (next === undefined) return;
      waiting.delete(next.idx);
      apply(next);
    }
  };
  const ask = (): void => {
    if (asking) return;
    asking = true;
    options.askSnapshot();
    timers.after(times.snapshotRetryMs, () => {
      asking = false;
      if (waiting.size > 0) ask();
    });
  };
  timers.repeat(times.resendMs, () => {
    const due = performance.now() - times.resendMs;
    for (const entry of unconfirmed.values()) {
      if (entry.sentAt > due) continue;
      entry.sentAt = performance.now();
      options.publishLocal(entry.message);
    }
  });

  return {
    session,
    state: () => state,
    send(event) {
      const message = { session, origin, originIdx: nextOriginIdx, eventId: randomUUID(), event };
      nextOriginIdx += 1;
      unconfirmed.set(message.eventId, { message, sentAt: performance.now() });
      options.publishLocal(message);
    },
    receivedGlobal(message) {
      if (!sameSession(message.session, session)) return;
      unconfirmed.delete(message.eventId);
      if (message.idx <= state.lastEventAppliedIdx) return;
      if (message.idx === state.lastEventAppliedIdx + 1) apply(message);
      else waiting.set(message.idx, message);
      if (waiting.size > 0) drain();
      if (waiting.size > 0) ask();
    },
    receivedSnapshot(message) {
      if (!sameSession(message.session, session) || message.to !== options.nodeId) return;
      if (message.state.lastEventAppliedIdx <= state.lastEventAppliedIdx) return;
      state = message.state;
      for (const idx of waiting.keys()) if (idx <= state.lastEventAppliedIdx) waiting.delete(idx);
      drain();
    },
  };
}
