import type { Close } from "../runtime/close-all.js";

/**
 * Keeps a process up until it is told to stop (Ctrl-C, SIGTERM, or the terminal goes away) or `failed` rejects, then closes
 * what it runs. A second signal ends it at once.
 */
export async function untilStopped(
  close: Close,
  failed: Promise<unknown> = new Promise(() => undefined),
): Promise<void> {
  const stop = stopSignal();
  try {
    await Promise.race([
      new Promise<void>((resolve) => stop.addEventListener("abort", () => resolve(), { once: true })),
      failed.then(() => new Promise<never>(() => undefined)),
    ]);
  } finally {
    await close();
  }
}

/** Aborts at the first signal to stop; the second one ends the process without ceremony. */
export function stopSignal(): AbortSignal {
  const stop = new AbortController();
  let told = 0;
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(name, () => {
      told += 1;
      if (told > 1) process.exit(1);
      stop.abort(new Error(`${name} received`));
    });
  return stop.signal;
}
