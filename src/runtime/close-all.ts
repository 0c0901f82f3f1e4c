/** Ends one thing that was opened. Safe to call again. */
export type Close = () => Promise<void>;

/**
 * One `Close` for many: runs them in reverse order of opening, each exactly once, waits for all of them, and reports every
 * failure. Calling it again waits for the first run.
 *
 * @throws AggregateError (from the returned function) when at least one of them failed.
 */
export function closeAll(closers: readonly Close[]): Close {
  let closing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    const failures: unknown[] = [];
    for (const close of closers.toReversed()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, "shutdown was not clean");
  };
  return () => {
    closing ??= run();
    return closing;
  };
}
