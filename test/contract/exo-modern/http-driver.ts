import { request as httpRequest, type IncomingMessage } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import type { ExoCallAnswer, ExoCallRequest, ExoDriver, ExoFacts, Trim } from "./exo-case.js";

const keptHeaders = ["content-type", "connection", "cache-control", "x-accel-buffering", "server"];
const pollMs = 20;
/** An unknown model makes exo ask Hugging Face, several times over. */
const callDeadlineMs = 120_000;

/** Told of every call whose answer counts. */
export type CallSink = (name: string, request: ExoCallRequest, answer: ExoCallAnswer) => Promise<void>;

export interface HttpDriverOptions {
  /** Such as `http://127.0.0.1:52415`. */
  readonly baseUrl: string;
  readonly facts: ExoFacts;
  readonly breakServing?: () => Promise<void>;
  readonly untilServing?: () => Promise<void>;
  readonly onCall?: CallSink;
  /** How long `eventually` goes on. Default 30 s. */
  readonly patienceMs?: number;
}

/** Asks an exo at a base URL, simulated or real. */
export function openHttpDriver(options: HttpDriverOptions): ExoDriver {
  const { baseUrl, facts, breakServing, untilServing, onCall = async () => {}, patienceMs = 30_000 } = options;
  return {
    facts,
    ...(breakServing === undefined ? {} : { breakServing }),
    ...(untilServing === undefined ? {} : { untilServing }),
    async call(name, request, trim) {
      const answer = trimmed(await callExo(baseUrl, request), trim);
      await onCall(name, request, answer);
      return answer;
    },
    async eventually(name, request, wished) {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const answer = await callExo(baseUrl, request);
        if (wished(answer) || performance.now() > deadline) {
          await onCall(name, request, answer);
          return answer;
        }
        await sleep(pollMs);
      }
    },
  };
}

/** On node:http, because a connection that is cut in mid-answer is an answer here, not an exception. */
export async function callExo(baseUrl: string, { method, path, body }: ExoCallRequest): Promise<ExoCallAnswer> {
  const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const headers = text === undefined ? {} : { "content-type": "application/json" };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const signal = AbortSignal.timeout(callDeadlineMs);
    const sent = httpRequest(`${baseUrl}${path}`, { method, headers, signal, agent: false }, resolve);
    sent.once("error", reject);
    sent.end(text);
  });
  const { parts, ending } = await readAll(answer);
  return { status: answer.statusCode ?? 0, headers: kept(answer), ...readText(parts), ending };
}

function trimmed(answer: ExoCallAnswer, trim: Trim | undefined): ExoCallAnswer {
  if (trim === undefined || answer.status !== 200 || answer.json === undefined) return answer;
  const json = trim(answer.json);
  return { ...answer, json, text: JSON.stringify(json) };
}

async function readAll(answer: IncomingMessage): Promise<{ parts: Buffer[]; ending: ExoCallAnswer["ending"] }> {
  const parts: Buffer[] = [];
  try {
    for await (const part of answer) parts.push(part as Buffer);
  } catch {
    return { parts, ending: "broken" }; // cut off: how exo says that something went wrong
  }
  return { parts, ending: answer.complete ? "complete" : "broken" };
}

const kept = ({ headers }: IncomingMessage): Record<string, string> =>
  Object.fromEntries(
    keptHeaders.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])]])),
  );

function readText(parts: readonly Buffer[]): Pick<ExoCallAnswer, "text" | "json"> {
  const text = Buffer.concat(parts).toString("utf8");
  try {
    return { text, json: JSON.parse(text) };
  } catch {
    return { text, json: undefined }; // a stream, or plain text
  }
}
