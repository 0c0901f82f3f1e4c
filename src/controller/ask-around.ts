import type { Clock } from "../runtime/clock.js";
import type { Close } from "../runtime/close-all.js";

/** A look waits no longer than this for those who are slow. Facts stay usable for longer: see `maxFactAgeMs`. */
export const patienceMs = 3_000;

/** Asks many at the same time, without letting the slow and the dead hold up the others. */
export interface AskAround<Key> {
  /**
   * Asks each key, and waits for the answers: for `patienceMs` at most, and not for those who kept us waiting or failed the
   * last time. Their questions go on, nobody is asked twice at once, and the next round waits for what is still under way
   * if it is from somebody who used to answer. Rejects only on abort, which ends the wait and not the questions.
   */
  round(keys: readonly Key[], signal: AbortSignal): Promise<void>;
  /** Aborts what is under way and waits for its end. Nobody is asked afterwards. */
  close: Close;
}

/** @param ask asks one of them and keeps the answer; rejects when there is none. Must end soon once its signal aborts. */
export function createAskAround<Key>(
  ask: (key: Key, signal: AbortSignal) => Promise<void>,
  clock: Clock,
): AskAround<Key> {
  const underWay = new Map<Key, { readonly answer: Promise<void>; readonly stop: AbortController }>();
  const silent = new Set<Key>();
  let state: "open" | "closed" = "open";
  const asked = (key: Key): Promise<void> => {
    const before = underWay.get(key);
    if (before !== undefined) return before.answer;
    const stop = new AbortController();
    const answer = ask(key, stop.signal)
      .then(
        () => void silent.delete(key),
        () => void silent.add(key), // whoever asks has noted why
      )
      .finally(() => underWay.delete(key));
    underWay.set(key, { answer, stop });
    return answer;
  };
  return {
    round: async (keys, signal) => {
      signal.throwIfAborted();
      if (state === "closed") throw new Error("nobody is asked any more");
      const wanted = new Set(keys);
      for (const key of silent) if (!wanted.has(key)) silent.delete(key);
      const awaited = [...wanted].filter((key) => !silent.has(key));
      const answers = [...wanted].map((key) => [key, asked(key)] as const);
      const enough = new AbortController();
      const patience = clock.sleep(patienceMs, AbortSignal.any([signal, enough.signal]));
      const all = Promise.all(answers.flatMap(([key, answer]) => (awaited.includes(key) ? [answer] : [])));
      await Promise.race([all, patience]).finally(() => enough.abort());
      for (const key of awaited) if (underWay.has(key)) silent.add(key);
    },
    close: async () => {
      state = "closed";
      const open = [...underWay.values()];
      for (const { stop } of open) stop.abort(new Error("nobody is asked any more"));
      await Promise.all(open.map(({ answer }) => answer));
    },
  };
}
