/**
 * `broken`: files contradict each other or themselves. `incomplete`: something is not there. `unusable`: whole, but nothing that
 * exo runs reads it. The others do not keep the model from running as it is.
 */
export type Severity = "broken" | "incomplete" | "unusable" | "warning" | "note";

/** Something that whoever looks at a model folder should know, with what to do about it. */
export interface Finding {
  readonly severity: Severity;
  /** Stable identifier for programs, such as `file_missing`. */
  readonly code: string;
  readonly message: string;
  readonly file?: string;
  readonly fix?: string;
}

export type Verdict = "complete" | "incomplete" | "broken" | "unusable";

/** The worst of the findings decides. */
export function verdictOf(findings: readonly Finding[]): Verdict {
  const worst = (["broken", "incomplete", "unusable"] as const).find((severity) =>
    findings.some((finding) => finding.severity === severity),
  );
  return worst ?? "complete";
}

const namedOnes = 3;

/** `a, b, c and 4 more`: one finding speaks for all names that share its fault. */
export function someOf(names: readonly string[]): string {
  const more = names.length - namedOnes;
  return more > 0 ? `${names.slice(0, namedOnes).join(", ")} and ${more} more` : names.join(", ");
}
