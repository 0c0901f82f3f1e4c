/** Time constants of exo 0.0.15 (v0.0.15-alpha), scaled. Milliseconds. */
export interface ClassicTimes {
  readonly discoveryPauseMs: number;
  /** A health check waits so long for a connection, closed ports included. */
  readonly connectMs: number;
  readonly healthMs: number;
  readonly topologyPauseMs: number;
  /** Connecting before a topology is collected. */
  readonly reconnectMs: number;
  readonly collectMs: number;
  readonly statusMs: number;
  readonly waitPollMs: number;
}

/** Scales the constants. Floors keep a fast cluster stable on a busy machine: an answer must come before its deadline. */
export function classicTimes(timeScale: number): ClassicTimes {
  const scaled = (ms: number, floorMs: number): number => Math.max(floorMs, ms * timeScale);
  return {
    discoveryPauseMs: scaled(5_000, 20),
    connectMs: scaled(10_000, 800),
    healthMs: scaled(5_000, 2_000),
    topologyPauseMs: scaled(2_000, 20),
    reconnectMs: scaled(5_000, 400),
    collectMs: scaled(5_000, 2_000),
    statusMs: scaled(15_000, 2_000),
    waitPollMs: scaled(100, 5),
  };
}
