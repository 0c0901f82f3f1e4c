import { ExoAnswerError } from "../../inventory/exo-state.js";
import type { ExoHttp } from "./exo-http.js";
import { count, isFields } from "./fields.js";

/** Deadline of everything that only reads. */
export const readDeadlineMs = 5_000;
const mebibyte = 1024 * 1024;
/** `/state` keeps every finished task with its whole prompt, so it grows. */
const stateLimitBytes = 64 * mebibyte;

/** Everything of the state that somebody looks at. `tasks`, with the prompts of all users, is not among it. */
const parts = [
  ...["instances", "runners", "downloads", "lastSeen", "topology"],
  ...["nodeIdentities", "nodeMemory", "nodeNetwork", "nodeRdmaCtl"],
];

/** Reads exo's state as one document, in as few bytes as it can be had. */
export type ReadState = (signal: AbortSignal) => Promise<unknown>;

/**
 * A reader that asks for the whole state while it is small, and for its parts once it is large: exo 1.0.70 and newer serve
 * them one by one. Parts come one after the other, so they only count when no new master was elected meanwhile.
 *
 * @param largeBytes from this size on parts are asked for
 */
export function createStateReader(http: ExoHttp, largeBytes: number): ReadState {
  let ask: "whole" | "parts" | "whole-for-ever" = "whole";
  const get = (path: string, signal: AbortSignal): Promise<unknown> =>
    http.json({ method: "GET", path, deadlineMs: readDeadlineMs }, stateLimitBytes, signal);

  const readWhole: ReadState = async (signal) => {
    let size = 0;
    let text = "";
    const request = { method: "GET", path: "/state", deadlineMs: readDeadlineMs } as const;
    for await (const piece of http.stream(request, stateLimitBytes, signal)) {
      size += Buffer.byteLength(piece);
      text += piece;
    }
    if (size >= largeBytes && ask === "whole") ask = "parts";
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Its text is told to nobody: there may be prompts in it.
      throw new ExoAnswerError(http.address, 200, `/state is not JSON, ${size} bytes`, false);
    }
  };

  /** @returns undefined where this exo serves no parts, or its master changed between two of them */
  const readParts = async (signal: AbortSignal): Promise<unknown> => {
    const index = (): Promise<unknown> => get("/state/lastEventAppliedIdx", signal);
    try {
      const before = count(await index());
      const values: [string, unknown][] = [];
      for (const part of parts) values.push([part, await get(`/state/${part}`, signal)]);
      const after = count(await index());
      const isOneReign = before !== undefined && after !== undefined && after >= before;
      return isOneReign ? { ...Object.fromEntries(values), lastEventAppliedIdx: after } : undefined;
    } catch (error) {
      if (!(error instanceof ExoAnswerError && error.status === 404)) throw error;
      ask = "whole-for-ever";
      return undefined;
    }
  };

  return async (signal) => {
    const found = ask === "parts" ? await readParts(signal) : undefined;
    return isFields(found) ? found : await readWhole(signal);
  };
}
