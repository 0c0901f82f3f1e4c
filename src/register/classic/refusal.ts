import type { ClassicRefusal } from "../../cluster/classic-refusal.js";

/** The registry file is left alone, and why. */
export interface Refused {
  readonly kind: "refused";
  readonly reasons: readonly ClassicRefusal[];
}

export const refused = (...reasons: readonly ClassicRefusal[]): Refused => ({ kind: "refused", reasons });
