import type { Hardware, MemoryFacts } from "../cluster/hardware.js";

/** What a machine is and how much memory models may use on it. */
export interface MachineFacts {
  readonly hardware: Hardware;
  readonly memory: MemoryFacts;
}

/** Measures this machine. Rejects with `RefusalError` (`not_possible`) when it gives odd answers. */
export type DescribeMachine = (signal: AbortSignal) => Promise<MachineFacts>;
