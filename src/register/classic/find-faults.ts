import type { Finding } from "../../cluster/classic-finding.js";
import { findEntryFaults } from "./entry-faults.js";
import type { RecipeFacts } from "./finding.js";
import { findModelFaults } from "./model-faults.js";

/**
 * Which faults of the circulating recipe (exo 0.0.x reference, section 2) this entry would meet on this machine, in the order in
 * which they would show. Pure: everything is known before the registry is touched.
 */
export const findFaults = (facts: RecipeFacts): readonly Finding[] => [
  ...findEntryFaults(facts),
  ...findModelFaults(facts),
  ...labelFault(facts),
];

function labelFault({ entry }: RecipeFacts): readonly Finding[] {
  return [
    {
      code: "no_label",
      weight: "handled",
      message: "without a line in `pretty_name` exo's page lists the model without a name",
      fix: `${JSON.stringify(entry.label)} is written there as well.`,
    },
  ];
}

/** What still stands in the way when these faults are accepted. */
export const blocking = (findings: readonly Finding[], accepted: readonly string[]): readonly Finding[] =>
  findings.filter(({ weight, code }) => weight === "blocks" && !accepted.includes(code));
