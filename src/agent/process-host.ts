/** A program that the agent was told to run at installation. Never taken from the network. */
export interface ProgramSpec {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Standard output and error are appended here. */
  readonly logFile: string;
}

/** How a program ended. */
export interface ProgramExit {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface RunningProgram {
  readonly pid: number;
  /** Resolves once, when the program has ended. Never rejects. */
  readonly exited: Promise<ProgramExit>;
  signal(name: "SIGINT" | "SIGTERM" | "SIGKILL"): void;
}

/** Starts programs on this machine. */
export interface ProcessHost {
  /** Rejects when the program cannot be started at all. */
  start(program: ProgramSpec): Promise<RunningProgram>;
}
