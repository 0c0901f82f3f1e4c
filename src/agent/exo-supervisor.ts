import type { ExoRunState } from "../cluster/node-report.js";
import type { Clock } from "../runtime/clock.js";
import type { Logger } from "../runtime/logger.js";
import type { ProcessHost, ProgramExit, ProgramSpec, RunningProgram } from "./process-host.js";
import { RefusalError } from "./refusal.js";
import { countCrashes, restartWaitMs } from "./restart-policy.js";
import { stopProgram } from "./stop-program.js";

/** What became of the exo that this agent runs. `up`: its process is there; whether its API answers is asked elsewhere. */
export type SupervisorState = "stopped" | "up" | "waiting-to-restart" | "stopping" | "failed";

export interface SupervisorStatus {
  readonly state: SupervisorState;
  /** Crashes in a row. */
  readonly crashes: number;
  /** Why it is not up, in one sentence. */
  readonly problem?: string;
}

/** Keeps one exo alive. Start and stop take turns; each is safe to repeat. */
export interface ExoSupervisor {
  status(): SupervisorStatus;
  /** @throws RefusalError `not_possible` when the program cannot be started at all */
  start(): Promise<"started" | "already-running">;
  stop(): Promise<"stopped" | "already-stopped">;
  /** Ends the supervision; `leave` keeps exo running. Nothing can be started afterwards. */
  close(exo: "stop" | "leave"): Promise<void>;
}

/** How the states of a supervised exo appear in a report, given whether its API answers. */
export function runStateOf(state: SupervisorState, api: "answers" | "silent"): ExoRunState {
  switch (state) {
    case "stopped":
      return "stopped";
    case "up":
    case "stopping":
      return api === "answers" ? "running" : "starting";
    case "waiting-to-restart":
    case "failed":
      return "failed";
    default:
      return state satisfies never;
  }
}

const howItEnded = (exit: ProgramExit): string =>
  exit.signal === null ? `exo ended by itself with code ${exit.code}` : `exo was ended by ${exit.signal}`;

interface SupervisorParts {
  readonly program: ProgramSpec;
  readonly host: ProcessHost;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** One supervised life of exo, from a start to the stop that ends it. */
interface Life {
  /** Ends the restarts. */
  readonly ending: AbortController;
  /** The process, while there is one. */
  program: RunningProgram | undefined;
  /** Resolves when nothing will be restarted any more. */
  over: Promise<void>;
}

export function createExoSupervisor({ program, host, clock, logger }: SupervisorParts): ExoSupervisor {
  let status: SupervisorStatus = { state: "stopped", crashes: 0 };
  let life: Life | undefined;
  let closed = false;
  let turn: Promise<unknown> = Promise.resolve();

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    // The caller sees the failure; the next one in line only waits for the end.
    turn = result.catch(() => undefined);
    return result;
  };

  const launch = async (): Promise<RunningProgram> => {
    const running = await host.start(program);
    logger.info("exo started", { pid: running.pid });
    return running;
  };

  /** Waits for the end of one process, then for the back-off, and starts the next, until the life is ending. */
  const keepAlive = async (own: Life, first: RunningProgram): Promise<void> => {
    const { signal } = own.ending;
    let crashes = 0;
    for (let running: RunningProgram | undefined = first; !signal.aborted; ) {
      const startedAt = clock.now();
      own.program = running;
      if (running !== undefined) status = { state: "up", crashes };
      const ended = running === undefined ? "exo could not be started again" : howItEnded(await running.exited);
      own.program = undefined;
      if (signal.aborted) return;
      crashes = countCrashes(crashes, clock.now() - startedAt);
      const waitMs = restartWaitMs(crashes);
      status = { state: "waiting-to-restart", crashes, problem: `${ended}; next start after ${waitMs / 1000} s` };
      logger.warn("exo is down", { ended, crashes, waitMs });
      await clock.sleep(waitMs, signal);
      running = await launch().catch((error: unknown) => {
        logger.error("exo could not be started again", { error });
        return undefined;
      });
      // A stop that came during the launch did not see this process.
      if (signal.aborted && running !== undefined) own.program = running;
    }
  };

  const begin = async (): Promise<"started" | "already-running"> => {
    if (closed) throw new RefusalError("not_possible", "the agent is closing");
    if (life !== undefined) return "already-running";
    let first: RunningProgram;
    try {
      first = await launch();
    } catch (error) {
      const problem =
        error instanceof RefusalError
          ? error.message
          : "exo could not be started: the program named at installation does not run";
      status = { state: "failed", crashes: 0, problem };
      logger.error("exo could not be started", { error });
      throw new RefusalError("not_possible", problem, { cause: error });
    }
    const own: Life = { ending: new AbortController(), program: first, over: Promise.resolve() };
    own.over = keepAlive(own, first).catch((error: unknown) => {
      if (!own.ending.signal.aborted) logger.error("supervision of exo ended unexpectedly", { error });
    });
    life = own;
    status = { state: "up", crashes: 0 };
    return "started";
  };

  const end = async (): Promise<"stopped" | "already-stopped"> => {
    const own = life;
    if (own === undefined) {
      status = { state: "stopped", crashes: 0 };
      return "already-stopped";
    }
    own.ending.abort();
    status = { state: "stopping", crashes: status.crashes };
    if (own.program !== undefined) await stopProgram(own.program, clock);
    await own.over;
    // A process that was being launched when the life ended.
    if (own.program !== undefined) await stopProgram(own.program, clock);
    life = undefined;
    status = { state: "stopped", crashes: 0 };
    logger.info("exo stopped");
    return "stopped";
  };

  return {
    status: () => status,
    start: () => inTurn(begin),
    stop: () => inTurn(end),
    close: (exo) =>
      inTurn(async () => {
        closed = true;
        if (exo === "stop") await end();
        else life?.ending.abort();
      }),
  };
}
