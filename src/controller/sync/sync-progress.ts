import type { FetchProgress } from "../../models/sync/sync-report.js";

/** Rates are measured over this much time. */
const windowMs = 5_000;

interface Sample {
  readonly at: number;
  readonly phase: FetchProgress["phase"];
  readonly doneBytes: number;
}

/** What one node tells of its copy, with how fast it goes. */
export interface NodeProgress {
  readonly latest: FetchProgress;
  readonly samples: readonly Sample[];
}

/** Adds a report. @param before of the same node */
export function withReport(before: NodeProgress | undefined, latest: FetchProgress, at: number): NodeProgress {
  const recent = (before?.samples ?? []).filter(
    (sample) => sample.phase === latest.phase && at - sample.at <= windowMs,
  );
  return { latest, samples: [...recent, { at, phase: latest.phase, doneBytes: latest.doneBytes }] };
}

/** Bytes per second of the last seconds; undefined until there are two reports of the same phase. */
export function rateOf({ samples }: NodeProgress): number | undefined {
  const [first, last] = [samples[0], samples.at(-1)];
  if (first === undefined || last === undefined || last.at <= first.at) return undefined;
  return ((last.doneBytes - first.doneBytes) * 1_000) / (last.at - first.at);
}

const phaseWords = { checking: "checking ", copying: "", verifying: "verifying ", done: "done " } as const;

function nodeText(name: string, progress: NodeProgress): string {
  const { phase, doneBytes, totalBytes } = progress.latest;
  const percent = totalBytes === 0 ? 100 : Math.floor((100 * doneBytes) / totalBytes);
  if (phase === "done") return `${name} done`;
  const rate = rateOf(progress);
  const speed = rate === undefined ? "" : ` ${Math.round(rate / 1e6)} MB/s`;
  return `${name} ${phaseWords[phase]}${percent} %${speed}${leftText(progress, rate)}`;
}

function leftText({ latest: { doneBytes, totalBytes } }: NodeProgress, rate: number | undefined): string {
  if (rate === undefined || rate <= 0) return "";
  const seconds = Math.ceil((totalBytes - doneBytes) / rate);
  return seconds < 60 ? ` ${seconds} s left` : ` ${Math.ceil(seconds / 60)} min left`;
}

/** One line for people: every node with its share, its rate and the time left; those with most to do first. */
export function progressText(nodes: ReadonlyMap<string, NodeProgress>): string {
  const restOf = ({ latest }: NodeProgress): number =>
    latest.phase === "done" ? 0 : latest.totalBytes - latest.doneBytes;
  const rows = [...nodes].toSorted(([, one], [, other]) => restOf(other) - restOf(one));
  return rows.map(([name, progress]) => nodeText(name, progress)).join(", ");
}
