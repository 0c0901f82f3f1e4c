import type { z } from "zod";
import type { AdminApi } from "../../controller/admin-api.js";
import type { ProgressLine } from "../../controller/progress-line.js";

export type ReportLine = (line: ProgressLine) => void;

/** What a call is made with. `by` is the caller's name for people, whatever the request says. */
export interface RouteCall {
  readonly api: AdminApi;
  readonly by: string;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
  readonly report: ReportLine;
}

/** One call of the admin API over HTTP, as data: what serves it and what describes it go by the same statement. */
export interface AdminRoute {
  readonly method: "GET" | "POST";
  readonly path: `/api/v1/${string}`;
  /** One sentence, for the description of the API. */
  readonly summary: string;
  /** The body of a POST, the query of a GET. Absent: none. */
  readonly request?: z.ZodType;
  /** `lines`: newline-separated JSON, progress first. */
  readonly answer: "once" | "lines";
  /** @param request as `request` has checked it */
  readonly call: (request: never, call: RouteCall) => unknown;
}

type Checked<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined;

interface Statement<Schema extends z.ZodType | undefined> {
  readonly summary: string;
  readonly request?: Schema;
  readonly call: (request: Checked<Schema>, call: RouteCall) => unknown;
}

const route =
  (method: AdminRoute["method"], answer: AdminRoute["answer"]) =>
  <Schema extends z.ZodType | undefined = undefined>(
    path: AdminRoute["path"],
    { request, ...statement }: Statement<Schema>,
  ): AdminRoute => ({ method, path, answer, ...statement, ...(request === undefined ? {} : { request }) });

/** Asks for something. */
export const get = route("GET", "once");
/** Does something that is soon done. */
export const post = route("POST", "once");
/** Does something that takes long, and tells how far it is. */
export const postLines = route("POST", "lines");
