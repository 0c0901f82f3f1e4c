import { escapingModel, mixedModel, realModel } from "./robbed-agent.js";

/** One thing that the thief tries with one call. */
export interface Attack {
  readonly what: string;
  readonly request: object;
  /**
   * `refused`: nothing is done. `harmless`: the call may do what it is for, and all that holds for every call still holds.
   */
  readonly ends: "refused" | "harmless";
}

/** Model ids that mean to leave the folders: none of them may ever get as far as a path. */
export const hostileIds: readonly (readonly [what: string, id: string])[] = [
  ["nothing", ""],
  ["the folder above", ".."],
  ["a path upwards", "../../outside/evil"],
  ["dots in the second part", "lab/.."],
  ["an absolute path", "/etc/passwd"],
  ["three parts", "lab/../../outside"],
  ["a NUL", "lab/real\0/../../outside"],
  ["a backslash", "lab\\..\\..\\outside"],
  ["two slashes", "lab//real"],
  ["a slash at the end", "lab/real/"],
  ["a hidden name", "lab/.exoctl-sync-x"],
  ["an option", "-rf/real"],
  ["a line end", "lab/real\n"],
  ["a shell's command", "$(touch x)/y"],
  ["percent escapes", "lab/%2e%2e%2foutside"],
  ["letters that only look alike", "lab/re\u0430l"],
  ["a ligature, which some file systems take apart", "lab/\ufb01le"],
  ["full-width dots", "lab/\uff0e\uff0e"],
  ["a name longer than file systems take", `lab/${"x".repeat(300)}`],
  ["a name that a file system cuts", `lab/${"x".repeat(240)}/real`],
];

/** Every hostile id in one field of a request. */
export const withHostileIds = (request: (id: string) => object): readonly Attack[] =>
  hostileIds.map(([what, id]) => ({ what: `an id that is ${what}`, request: request(id), ends: "refused" }));

/** Models whose files lie elsewhere, or in part: links that the admin or another program has made. */
export const withLinkedModels = (request: (id: string) => object): readonly Attack[] => [
  { what: "a model whose folder is a link out", request: request(escapingModel), ends: "harmless" },
  { what: "a model with files that are links out", request: request(mixedModel), ends: "harmless" },
  { what: "a model in other capitals", request: request(realModel.toUpperCase()), ends: "harmless" },
];

/** For calls that take nothing: all that can be sent is what their contract does not have, and that is sent with every call. */
export const nothingToAsk: readonly Attack[] = [
  { what: "fields that it does not have", request: {}, ends: "harmless" },
];
