import { setTimeout as wait } from "node:timers/promises";

/** Waits until a condition holds. Fails after ten seconds: far above what any of them takes. */
export async function waitUntil(condition: () => boolean, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await wait(5);
  }
}
