import type { ProcessHost, ProgramExit, ProgramSpec, RunningProgram } from "../../src/agent/process-host.js";

export interface FakeProgram extends RunningProgram {
  readonly signals: readonly string[];
  /** Ends it from within, as a crash does. */
  end(exit: ProgramExit): void;
}

/** What a program does about a signal: `ends`, or nothing. SIGKILL always ends it. */
export type Obedience = (signal: "SIGINT" | "SIGTERM") => "ends" | "ignores";

export interface FakeProcessHost extends ProcessHost {
  readonly programs: readonly FakeProgram[];
  /** From now on, starting fails. */
  breakDown(): void;
  /** From now on, starts wait until `letStart` is called. */
  holdStarts(): void;
  letStart(): void;
}

export const exoProgram: ProgramSpec = {
  command: "/opt/exo/bin/exo",
  args: [],
  env: { HOME: "/Users/exo" },
  cwd: "/",
  logFile: "/tmp/exo.log",
};

export function createFakeProcessHost(obeys: Obedience = () => "ends"): FakeProcessHost {
  const programs: FakeProgram[] = [];
  let broken = false;
  let gate: Promise<void> = Promise.resolve();
  let open: () => void = () => {};
  return {
    programs,
    breakDown: () => {
      broken = true;
    },
    holdStarts: () => {
      gate = new Promise((resolve) => {
        open = resolve;
      });
    },
    letStart: () => open(),
    start: async () => {
      await gate;
      if (broken) throw new Error("spawn ENOENT");
      const signals: string[] = [];
      let end: (exit: ProgramExit) => void = () => {};
      const exited = new Promise<ProgramExit>((resolve) => {
        end = resolve;
      });
      const program: FakeProgram = {
        pid: 1_000 + programs.length,
        exited,
        signals,
        end,
        signal: (name) => {
          signals.push(name);
          if (name === "SIGKILL" || obeys(name) === "ends") end({ code: null, signal: name });
        },
      };
      programs.push(program);
      return program;
    },
  };
}
