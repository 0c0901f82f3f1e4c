import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  type ExoCallAnswer,
  type ExoCallRequest,
  type ExoCase,
  type ExoDriver,
  type ExoFacts,
  NotRecordedError,
} from "./exo-case.js";

/**
 * A folder of recordings holds `about.json` and one file for each call: `<case>.<call>.json`. Bodies of JSON are kept as
 * JSON, all others as text.
 */
export interface RecordedCall {
  readonly request: ExoCallRequest;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly ending: ExoCallAnswer["ending"];
  readonly json?: unknown;
  readonly text?: string;
}

/** `about.json`: what was asked, and how. */
export interface RecordingAbout {
  /** For people: which exo answered, and under which circumstances. */
  readonly source: string;
  readonly facts: ExoFacts;
  /** Cases that apply and whose answers are not there, each for a reason that README.md of the fixtures gives. */
  readonly notRecorded?: readonly string[];
}

const aboutFile = "about.json";
const fileOf = (folder: string, one: ExoCase, call: string): string => join(folder, `${one.name}.${call}.json`);

/** One line for each field: short, and changes show. */
function printed(value: object): string {
  const lines = Object.entries(value).map(([key, item]) => ` ${JSON.stringify(key)}: ${JSON.stringify(item)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

export const readAbout = (folder: string): RecordingAbout =>
  JSON.parse(readFileSync(join(folder, aboutFile), "utf8")) as RecordingAbout;

/** Folders of recordings below `test/fixtures/exo`: `<variant>/calls` of real nodes, `<variant>/in-process` of exo's own classes. */
export const recordedFolders = (fixtures: string): readonly string[] =>
  readdirSync(fixtures, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => ["calls", "in-process"].map((kind) => join(fixtures, name, kind)))
    .filter((folder) => existsSync(join(folder, aboutFile)))
    .toSorted();

/** A driver that answers one case from a folder's recordings, and notices a request other than the recorded one. */
export function openReplay(folder: string, facts: ExoFacts, one: ExoCase): ExoDriver {
  const call: ExoDriver["call"] = async (name, request) => {
    const file = fileOf(folder, one, name);
    if (!existsSync(file)) throw new NotRecordedError(`${one.name}.${name}`);
    const { json, text, ...recorded } = JSON.parse(readFileSync(file, "utf8")) as RecordedCall;
    const asked = JSON.stringify(request);
    if (JSON.stringify(recorded.request) !== asked)
      throw new Error(`${file} answers another request; this one is ${asked}`);
    return { ...recorded, json, text: text ?? JSON.stringify(json) };
  };
  const eventually: ExoDriver["eventually"] = (name, request) => call(name, request);
  return { facts, call, eventually, breakServing: async () => {} };
}

/** Writes the call of a case down. `scrub` takes out what tells of the machine, in requests and answers alike. */
export async function writeCall(
  folder: string,
  one: ExoCase,
  name: string,
  request: ExoCallRequest,
  answer: ExoCallAnswer,
  scrub: (text: string) => string,
): Promise<void> {
  const { status, headers, ending, json, text } = answer;
  const body = json === undefined ? { text } : { json };
  const recorded: RecordedCall = { request, status, headers, ending, ...body };
  await writeFile(fileOf(folder, one, name), scrub(printed(recorded)));
}

export async function writeAbout(folder: string, about: RecordingAbout): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, aboutFile), printed(about));
}
