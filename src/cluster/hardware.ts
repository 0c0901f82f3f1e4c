/** What a machine is. Does not change while it runs. */
export interface Hardware {
  /** `hw.model`, such as `Mac16,9`. */
  readonly modelIdentifier: string;
  /** `machdep.cpu.brand_string`, such as `Apple M4 Max`. */
  readonly chip: string;
  readonly memoryBytes: number;
  readonly gpuCores?: number;
  readonly osVersion?: string;
  readonly osBuild?: string;
}

/** How much memory models may use, measured at one moment. */
export interface MemoryFacts {
  readonly totalBytes: number;
  /** Free now: what exo would report as available RAM. */
  readonly availableBytes: number;
  /** Metal's recommended maximum working set: the most a model may occupy. */
  readonly workingSetBytes: number;
  /** `metal`: read from Metal. `sysctl`: set by `iogpu.wired_limit_mb`. `estimated`: the chip table's value less 5 %. */
  readonly workingSetSource: "metal" | "sysctl" | "estimated";
}
