import type { Clock } from "../runtime/clock.js";
import type { ProgramExit, RunningProgram } from "./process-host.js";

/** exo ends its runners on SIGINT; whatever is left after the graces is ended by force. */
const escalation = [
  { signal: "SIGINT", graceMs: 5_000 },
  { signal: "SIGTERM", graceMs: 3_000 },
] as const;

/** Asks a program to end, insists, and waits until it has. Leaves no timer behind. */
export async function stopProgram(program: RunningProgram, clock: Clock): Promise<ProgramExit> {
  const ended = program.exited.then((exit) => ({ exit }));
  for (const { signal, graceMs } of escalation) {
    program.signal(signal);
    const timer = new AbortController();
    // The only rejection is our own abort, after the race is over.
    const grace = clock.sleep(graceMs, timer.signal).catch(() => undefined);
    const outcome = await Promise.race([ended, grace]);
    timer.abort();
    if (outcome !== undefined) return outcome.exit;
  }
  program.signal("SIGKILL");
  return await program.exited;
}
