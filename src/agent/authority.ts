import { protocolVersion } from "../cluster/node-report.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import { checkLease, grantLease, type Lease, leaseValidMs } from "./lease.js";
import { RefusalError } from "./refusal.js";

/** Who calls, as the transport has proven it, and what the call shows. */
export interface Caller {
  /** Pin of the public key that the connection was made with. */
  readonly pin: string;
  /** Absent when the caller showed no lease. */
  readonly term: number | undefined;
  /** Absent when the caller did not say. */
  readonly protocolVersion: number | undefined;
}

/** Who may act on this machine. One for the whole agent: there is one lease, whatever the call. */
export interface Authority {
  /** @throws RefusalError when another term or another controller holds the lease */
  takeLease(caller: Caller, term: number): { readonly term: number; readonly validMs: number };
  /**
   * Does short work for the holder of the lease, one piece after the other.
   *
   * @param action for the log
   * @throws RefusalError when the caller may not act, and whatever the work throws
   */
  act<T>(action: string, caller: Caller, work: () => Promise<T>): Promise<T>;
  /** The same for work that takes minutes: the lease is checked when it begins, and it delays nothing else. */
  actAlongside<T>(action: string, caller: Caller, work: () => Promise<T>): Promise<T>;
  /** The holder of the lease goes on with another key, which may take it over. Does nothing for anybody else. */
  letSucceed(caller: Caller, pin: string): void;
  /** Whether the caller holds the lease now. For long work that ends when its controller is gone. */
  mayAct(caller: Caller): boolean;
}

function checkVersion({ protocolVersion: theirs }: Caller): void {
  if (theirs === protocolVersion) return;
  const said = theirs === undefined ? "does not say which protocol it speaks" : `speaks protocol ${theirs}`;
  throw new RefusalError("not_possible", `the controller ${said}; this agent acts on ${protocolVersion} only`);
}

/** Grants the one lease and lets nobody act without it. */
export function createAuthority(clock: Clock, logger: Logger): Authority {
  let lease: Lease | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const actAlongside = async <T>(action: string, caller: Caller, work: () => Promise<T>): Promise<T> => {
    checkVersion(caller);
    const answer = checkLease(lease, { holder: caller.pin, term: caller.term, now: clock.now() });
    if (answer.kind === "refused") throw new RefusalError(answer.code, answer.message);
    const outcome = await work();
    logger.info("acted for the controller", { action, term: caller.term, outcome });
    return outcome;
  };
  return {
    takeLease: (caller, term) => {
      checkVersion(caller);
      const answer = grantLease(lease, { holder: caller.pin, term, now: clock.now() });
      if (answer.kind === "refused") throw new RefusalError(answer.code, answer.message);
      if (lease?.term !== term) logger.info("lease granted", { term });
      lease = answer.lease;
      return { term, validMs: leaseValidMs };
    },
    act: (action, caller, work) => {
      const result = turn.then(() => actAlongside(action, caller, work));
      // The caller sees the failure; the next one in line only waits for the end.
      turn = result.catch(() => undefined);
      return result;
    },
    actAlongside,
    letSucceed: (caller, pin) => {
      if (lease?.holder === caller.pin) lease = { ...lease, successor: pin };
    },
    mayAct: ({ pin, term }) => checkLease(lease, { holder: pin, term, now: clock.now() }).kind === "allowed",
  };
}
