/** Timers that end together. Failures of the work are handed to `onError`, never lost. */
export interface Timers {
  after(ms: number, work: () => void): () => void;
  /** Runs at once, then again so long after each end. */
  repeat(ms: number, work: () => void | Promise<void>): void;
  readonly signal: AbortSignal;
  stop(): void;
}

/** Opens a group of timers; `stop` cancels all of them and aborts the signal. */
export function createTimers(onError: (error: unknown) => void): Timers {
  const pending = new Set<NodeJS.Timeout>();
  const controller = new AbortController();

  const after = (ms: number, work: () => void): (() => void) => {
    if (controller.signal.aborted) return () => {};
    const timer = setTimeout(() => {
      pending.delete(timer);
      try {
        work();
      } catch (error) {
        onError(error);
      }
    }, ms);
    pending.add(timer);
    return () => {
      clearTimeout(timer);
      pending.delete(timer);
    };
  };
  const repeat = (ms: number, work: () => void | Promise<void>): void => {
    const round = async (): Promise<void> => {
      try {
        await work();
      } catch (error) {
        onError(error);
        return;
      }
      after(ms, () => void round());
    };
    void round();
  };
  return {
    after,
    repeat,
    signal: controller.signal,
    stop() {
      controller.abort();
      for (const timer of pending) clearTimeout(timer);
      pending.clear();
    },
  };
}
