import { setTimeout as wait } from "node:timers/promises";

/** Waits until a question is answered with yes. Fails after ten seconds: far above what any of them takes. */
export async function untilTrue(question: () => Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await question())) {
    if (Date.now() > deadline) throw new Error(`waited in vain for: ${what}`);
    await wait(60);
  }
}
