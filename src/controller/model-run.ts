import type { ModelEntry } from "../config/cluster-spec.js";
import type { KnownModel } from "../models/known-models.js";
import type { Problem } from "../runtime/problem.js";
import type { ModelPlan } from "./plan-model.js";

/** What the controller knows of one desired model beyond what can be observed. Lost with the process, and found out again. */
export interface ModelRun {
  readonly entry: ModelEntry;
  /** What its name means; absent while nobody knows. */
  readonly model?: KnownModel;
  readonly plan?: ModelPlan;
  /** Instances that have answered a question with a known answer. Only these are routed to. */
  readonly proven: ReadonlySet<string>;
  /** What stood in the way at the last attempt. */
  readonly trouble?: Problem;
  /** Failed attempts in a row. */
  readonly failures: number;
  /** Not before this time (milliseconds since the epoch) is another attempt made. */
  readonly retryAt: number;
}

/** Pause after so many failures in a row: 2 s, 4 s, ... up to a minute. */
export const retryDelayMs = (failures: number): number => Math.min(60_000, 1_000 * 2 ** Math.min(failures, 6));
