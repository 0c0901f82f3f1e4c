/** exo's time constants and the delays of a simulated Mac, all multiplied by the time scale. Milliseconds. */
export interface ExoTimes {
  /** 1 is real time, 0 as fast as possible. Applied to everything that a runner or a download does. */
  readonly scale: number;
  /** The same for the time that prompts and tokens take. */
  readonly tokenScale: number;
  readonly electionSettleMs: number;
  readonly campaignMs: number;
  readonly workerTickMs: number;
  readonly masterLoopMs: number;
  readonly nodeTimeoutMs: number;
  readonly heartbeatMs: number;
  readonly slowFactsMs: number;
  readonly edgePollMs: number;
  readonly downloadRescanMs: number;
  readonly downloadProgressMs: number;
  readonly cardReconcileMs: number;
  readonly resendMs: number;
  readonly snapshotRetryMs: number;
  readonly keepAliveMs: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  readonly runnerStartMs: number;
  readonly runnerStopTimeoutMs: number;
  readonly connectMs: number;
  readonly connectRetriesMs: number;
}

/**
 * Scales exo's constants (v1.0.71). Floors keep a scaled-down cluster stable on a busy machine: an election must outlast a
 * round of messages, and a node must not time out between two of its own reports.
 *
 * @param tokenScale for prompts and tokens: a cluster may start fast and still answer at the pace of real machines
 */
export function exoTimes(timeScale: number, tokenScale = timeScale): ExoTimes {
  const scaled = (ms: number, floorMs: number): number => Math.max(floorMs, ms * timeScale);
  return {
    scale: timeScale,
    tokenScale,
    electionSettleMs: scaled(200, 10),
    campaignMs: scaled(3_000, 250),
    workerTickMs: scaled(100, 10),
    masterLoopMs: scaled(10_000, 200),
    nodeTimeoutMs: scaled(30_000, 2_000),
    heartbeatMs: scaled(1_000, 100),
    slowFactsMs: scaled(10_000, 1_000),
    edgePollMs: scaled(10_000, 150),
    downloadRescanMs: scaled(60_000, 1_000),
    downloadProgressMs: scaled(1_000, 50),
    cardReconcileMs: scaled(1_000, 100),
    resendMs: scaled(5_000, 400),
    snapshotRetryMs: scaled(500, 100),
    keepAliveMs: scaled(10_000, 1_000),
    backoffBaseMs: scaled(500, 10),
    backoffCapMs: scaled(10_000, 100),
    runnerStartMs: scaled(2_000, 1),
    runnerStopTimeoutMs: scaled(3_000, 50),
    connectMs: scaled(400, 1),
    connectRetriesMs: scaled(15_000, 100),
  };
}
