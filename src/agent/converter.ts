import type { ConverterReport } from "../models/convert/converter-report.js";
import type { ConverterExit } from "../models/convert/explain-failure.js";

/** Whether there is an mlx-lm on this machine, and which. */
export type ConverterState =
  | { readonly kind: "ready"; readonly report: ConverterReport }
  /** `why` is one sentence, `fix` says what to do on this machine. */
  | { readonly kind: "missing"; readonly why: string; readonly fix: string };

/** One run of `mlx_lm convert`. */
export interface ConverterRun {
  /** Absolute paths that the agent made of checked ids. */
  readonly source: string;
  /** Must not exist. */
  readonly result: string;
  /** What else the converter is told; never from the network. */
  readonly args: readonly string[];
}

/**
 * mlx-lm's converter, as a program named at installation. It runs in a clean environment, without a network, and ends with the
 * agent, however that ends.
 */
export interface Converter {
  /** Starts the program and asks it, which takes seconds: it loads MLX. */
  describe(signal: AbortSignal): Promise<ConverterState>;
  /**
   * Runs until the program and everything that it started have ended. An aborted signal ends them; that is no error either.
   *
   * @param onOutput gets what the program prints, as it comes
   */
  run(run: ConverterRun, onOutput: (chunk: string) => void, signal: AbortSignal): Promise<ConverterExit>;
}
