import { test } from "vitest";
import { allCases } from "./cases/all-cases.js";
import { type ExoCase, type ExoDriver, NotRecordedError, whyNot } from "./exo-case.js";
import type { HttpDriverOptions } from "./http-driver.js";
import { openHttpDriver } from "./http-driver.js";
import { writeAbout, writeCall } from "./recording.js";

/** How one case went. */
export interface CaseOutcome {
  readonly name: string;
  readonly outcome: "kept" | "broken" | "not-applicable" | "not-recorded";
  /** Why it was broken, or not looked at. */
  readonly detail?: string;
}

/** Runs one case. Never rejects: a broken promise is an outcome. */
async function outcomeOf(one: ExoCase, exo: ExoDriver): Promise<CaseOutcome> {
  const { name } = one;
  const reason = whyNot(one, exo);
  if (reason !== undefined) return { name, outcome: "not-applicable", detail: reason };
  try {
    await one.run(exo);
    return { name, outcome: "kept" };
  } catch (error) {
    if (error instanceof NotRecordedError) return { name, outcome: "not-recorded", detail: error.file };
    return { name, outcome: "broken", detail: error instanceof Error ? error.message : String(error) };
  }
}

/**
 * Makes a test of each case that applies to this exo.
 *
 * @param open asked when a case runs
 * @param without names of cases to leave out
 */
export function testCases(
  about: Pick<ExoDriver, "facts" | "breakServing">,
  open: (one: ExoCase) => ExoDriver,
  without: readonly string[] = [],
): void {
  for (const one of allCases.filter((each) => whyNot(each, about) === undefined && !without.includes(each.name)))
    test(one.name, () => one.run(open(one)));
}

/** Runs every case against what `open` gives for it, one after the other. Writes nothing. */
export async function checkCases(open: (one: ExoCase) => ExoDriver): Promise<readonly CaseOutcome[]> {
  const outcomes: CaseOutcome[] = [];
  for (const one of allCases) outcomes.push(await outcomeOf(one, open(one)));
  return outcomes;
}

/**
 * Asks an exo at a base URL everything, one case after the other, and writes every call to a folder, whether its promise was
 * kept or not.
 *
 * @param scrub takes out of requests and answers what tells of the machine, such as paths and host names
 */
export async function recordExo(
  target: HttpDriverOptions & {
    readonly folder: string;
    /** For people: which exo answers, and under which circumstances. */
    readonly source: string;
    readonly scrub?: (text: string) => string;
  },
): Promise<readonly CaseOutcome[]> {
  const { folder, source, facts, scrub = (text) => text } = target;
  await writeAbout(folder, { source, facts });
  return await checkCases((one) => {
    const onCall: NonNullable<HttpDriverOptions["onCall"]> = (name, request, answer) =>
      writeCall(folder, one, name, request, answer, scrub);
    return openHttpDriver({ ...target, onCall });
  });
}
