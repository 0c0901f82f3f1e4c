import type { ProblemKind } from "../runtime/problem.js";

const exitCodes = { failed: 1, usage: 2, infeasible: 3, unreachable: 4 } as const satisfies Record<ProblemKind, number>;

/** The exit code of a command that ended with a problem; 0 is for one that is done. */
export const exitCodeOf = (kind: ProblemKind): number => exitCodes[kind];
