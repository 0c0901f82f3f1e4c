import { exoClassicDefault } from "./exo-classic.js";
import { exoModernDefault } from "./exo-modern.js";
import type { PlanProblem } from "./plan-problem.js";
import type { ExoDefaults } from "./plan-result.js";

/** What exo 1.x and exo 0.0.x would do on the usable nodes by their own rules, failures included. */
export const exoDefaults = (problem: PlanProblem): ExoDefaults => ({
  modern: exoModernDefault(problem),
  classic: exoClassicDefault(problem),
});
