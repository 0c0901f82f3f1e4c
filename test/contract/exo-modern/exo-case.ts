/** One call of exo's API, as a case makes it. */
export interface ExoCallRequest {
  readonly method: "GET" | "POST" | "DELETE" | "HEAD";
  /** With its query. */
  readonly path: string;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
}

/** What came back. */
export interface ExoCallAnswer {
  readonly status: number;
  /** Lower-case names; only those that clients look at. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The text as JSON; undefined when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: cases look into answers of any shape
  readonly json: any;
  /** `broken`: the connection was cut before the answer was whole. */
  readonly ending: "complete" | "broken";
}

/** Releases whose APIs differ, oldest first, by the label of `ExoVariant`. */
export const releases = ["1.0.68", "1.0.69", "1.0.70", "1.0.71", "after 1.0.71"] as const;
export type Release = (typeof releases)[number];

/** Whether a release has what came with `first`. */
export const has = (release: Release, first: Release): boolean => releases.indexOf(release) >= releases.indexOf(first);

/** What is known of the exo that is asked, before any case runs. */
export interface ExoFacts {
  readonly release: Release;
  /** A model whose card this exo has, and that its nodes have memory for. */
  readonly model: string;
  /** Id of an instance that is ready to serve, and its model. */
  readonly serving?: { readonly instanceId: string; readonly model: string };
}

/** Makes an answer's JSON shorter. */
// biome-ignore lint/suspicious/noExplicitAny: as above
export type Trim = (json: any) => unknown;

/** One exo, however it is reached: simulated, real, or recorded. */
export interface ExoDriver {
  readonly facts: ExoFacts;
  /**
   * Makes a call.
   *
   * @param name names the call within its case, and the file of its recording; lower-case words joined by `-`
   * @param trim leaves of a long answer what the case looks at, before it is recorded
   * @throws NotRecordedError when the answer should come from a recording that is not there
   */
  call(name: string, request: ExoCallRequest, trim?: Trim): Promise<ExoCallAnswer>;
  /** Repeats a call until its answer is as wished, at most 30 s; only that answer is recorded. */
  eventually(name: string, request: ExoCallRequest, wished: (answer: ExoCallAnswer) => boolean): Promise<ExoCallAnswer>;
  /** Makes the runners of the serving instance fail while an answer is under way; absent where nobody can. */
  readonly breakServing?: () => Promise<void>;
  /** Waits until the model is served, after it was broken; absent where nobody but exo itself mends it. */
  readonly untilServing?: () => Promise<void>;
}

/** One promise of exo's API, checked against any exo. */
export interface ExoCase {
  /** Unique; lower-case words joined by `-`. Names the files of its recordings. */
  readonly name: string;
  /** The release that the promise begins with. Default: the oldest. */
  readonly since?: Release;
  /** The last release that it holds for. */
  readonly until?: Release;
  /** What it needs besides an exo that answers. */
  readonly needs?: "serving" | "breakable";
  run(exo: ExoDriver): Promise<void>;
}

/** There is no recorded answer for this call. */
export class NotRecordedError extends Error {
  override readonly name = "NotRecordedError";

  constructor(readonly file: string) {
    super(`not recorded: ${file}`);
  }
}

/** Why a case does not apply to an exo, or undefined when it does. */
export function whyNot(one: ExoCase, exo: Pick<ExoDriver, "facts" | "breakServing">): string | undefined {
  const { release, serving } = exo.facts;
  if (one.since !== undefined && !has(release, one.since)) return `since ${one.since}`;
  if (one.until !== undefined && release !== one.until && has(release, one.until)) return `up to ${one.until}`;
  if (one.needs !== undefined && serving === undefined) return "no instance is ready to serve";
  if (one.needs === "breakable" && exo.breakServing === undefined) return "nobody can make a runner fail here";
  return undefined;
}
