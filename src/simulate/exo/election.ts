import type { ExoTimes } from "./exo-times.js";
import type { Timers } from "./timers.js";

/** One reign of one master. */
export interface Session {
  readonly masterNodeId: string;
  readonly electionClock: number;
}

export interface ElectionMessage {
  readonly clock: number;
  readonly seniority: number;
  readonly proposedSession: Session;
  readonly commandsSeen: number;
}

export interface ElectionResult {
  readonly session: Session;
  readonly wonClock: number;
  /** A new master means that every node drops all state. */
  readonly outcome: "new-master" | "same-master";
}

export const sameSession = (left: Session, right: Session): boolean =>
  left.masterNodeId === right.masterNodeId && left.electionClock === right.electionClock;

/** exo's order of candidates: clock, then seniority, then commands seen, then node id. Positive when `left` is ahead. */
export function compareCandidates(left: ElectionMessage, right: ElectionMessage): number {
  return (
    left.clock - right.clock ||
    left.seniority - right.seniority ||
    left.commandsSeen - right.commandsSeen ||
    Number(left.proposedSession.masterNodeId > right.proposedSession.masterNodeId) -
      Number(left.proposedSession.masterNodeId < right.proposedSession.masterNodeId)
  );
}

/** One node's part in exo's elections. */
export interface Election {
  /** Someone connected or disconnected. */
  connectionChanged(): void;
  received(message: ElectionMessage): void;
  commandSeen(): void;
}

/**
 * Takes part in elections as exo does: any connection change starts a campaign; whoever is greatest when it ends is master.
 *
 * One thing is added because campaigns are shortened by the time scale: a greater candidate that arrives after the end of a
 * campaign starts another one, so that two masters can't stay side by side.
 */
export function createElection(options: {
  readonly nodeId: string;
  readonly times: ExoTimes;
  readonly timers: Timers;
  readonly publish: (message: ElectionMessage) => void;
  readonly onResult: (result: ElectionResult) => void;
}): Election {
  const { nodeId, times, timers } = options;
  let clock = 0;
  let seniority = 0;
  let commandsSeen = 0;
  let session: Session = { masterNodeId: nodeId, electionClock: 0 };
  let candidates: ElectionMessage[] = [];
  let elected: ElectionMessage | undefined;
  let endCampaign: (() => void) | undefined;
  let settling = false;

  const ownStatus = (at: number): ElectionMessage => ({
    proposedSession: session.masterNodeId === nodeId ? session : { masterNodeId: nodeId, electionClock: at },
    clock: at,
    seniority,
    commandsSeen,
  });
  const finish = (): void => {
    endCampaign = undefined;
    const winner = candidates.reduce((best, candidate) => (compareCandidates(candidate, best) > 0 ? candidate : best));
    if (winner.proposedSession.masterNodeId === nodeId) seniority = Math.max(seniority, candidates.length);
    const outcome = sameSession(winner.proposedSession, session) ? "same-master" : "new-master";
    session = winner.proposedSession;
    elected = winner;
    options.onResult({ session, wonClock: winner.clock, outcome });
  };
  const campaign = (first: readonly ElectionMessage[]): void => {
    endCampaign?.();
    const status = ownStatus(clock);
    candidates = [...first, status];
    elected = undefined;
    options.publish(status);
    endCampaign = timers.after(times.campaignMs, () => {
      options.publish(status);
      finish();
    });
  };

  return {
    connectionChanged() {
      if (settling) return;
      settling = true;
      timers.after(times.electionSettleMs, () => {
        settling = false;
        clock += 1;
        campaign([]);
      });
    },
    received(message) {
      if (message.proposedSession.masterNodeId === nodeId) return;
      if (message.clock > clock) {
        clock = message.clock;
        campaign([message]);
      } else if (message.clock === clock && endCampaign !== undefined) {
        candidates.push(message);
      } else if (message.clock === clock && elected !== undefined && compareCandidates(message, elected) > 0) {
        clock += 1;
        campaign([]);
      }
    },
    commandSeen() {
      commandsSeen += 1;
    },
  };
}
