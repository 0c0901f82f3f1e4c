/** Work of which there is one at a time for each key: a newer one ends the older one and waits until it has ended. */
export interface NewestWins<Key> {
  /** @param work its signal aborts with `reason` of the newer one, or with the caller's signal */
  run<T>(key: Key, reason: Error, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
}

export function createNewestWins<Key>(): NewestWins<Key> {
  const newest = new Map<Key, { readonly stop: AbortController; readonly ended: Promise<unknown> }>();
  return {
    run: async (key, reason, work, signal) => {
      const before = newest.get(key);
      const stop = new AbortController();
      const both = AbortSignal.any([signal, stop.signal]);
      const start = async () => {
        await before?.ended;
        both.throwIfAborted();
        return await work(both);
      };
      before?.stop.abort(reason);
      const running = start();
      const mine = { stop, ended: running.catch(() => undefined) }; // its own caller hears of it
      newest.set(key, mine);
      return await running.finally(() => {
        if (newest.get(key) === mine) newest.delete(key);
      });
    },
  };
}
