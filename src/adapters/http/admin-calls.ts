import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import { json } from "node:stream/consumers";
import type { ProgressLine } from "../../controller/progress-line.js";
import { Problem } from "../../runtime/problem.js";
import type { AdminDoor } from "./admin-door.js";
import type { AnswerLine } from "./answer-lines.js";
import { problemFrom } from "./problem-body.js";

/**
 * Calls of the admin API, one connection each. On node:http, because a command that prints a status must not spend its time on
 * loading a larger client.
 *
 * They reject with the controller's own `Problem`, with the door's (unreachable) when nobody answers, or with `controller_gone`
 * (unreachable) when the answer breaks off.
 */
export interface AdminCalls {
  once<T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T>;
  /** Work that takes long. @param signal its abort cancels the work, or leaves it to itself, as the call defines */
  streamed<T>(path: string, body: unknown, report: (line: ProgressLine) => void, signal: AbortSignal): Promise<T>;
}

export function openAdminCalls(door: AdminDoor): AdminCalls {
  return {
    once: async (method, path, body) => {
      const answer = await send(door, method, path, body);
      const parsed: unknown = await json(answer).catch((cause: unknown) => Promise.reject(brokenOff(cause)));
      if (answer.statusCode !== 200) throw problemFrom(parsed);
      return parsed as never;
    },
    streamed: async <T>(
      path: string,
      body: unknown,
      report: (line: ProgressLine) => void,
      signal: AbortSignal,
    ): Promise<T> => {
      const answer = await send(door, "POST", path, body, signal);
      if (answer.statusCode !== 200) throw problemFrom(await json(answer).catch(() => undefined)); // then it says nothing
      for await (const line of linesOf<T>(answer, signal)) {
        if ("progress" in line) report(line.progress);
        else if ("problem" in line) throw problemFrom(line);
        else return line.result;
      }
      throw brokenOff();
    },
  };
}

async function send(
  door: AdminDoor,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const sent = await door.request({ method, path, headers, agent: false, ...(signal === undefined ? {} : { signal }) });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  try {
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  } catch (cause) {
    signal?.throwIfAborted();
    throw door.unreachable(cause);
  }
}

async function* linesOf<T>(
  answer: IncomingMessage,
  signal: AbortSignal,
): AsyncGenerator<AnswerLine<T>, void, undefined> {
  let rest = "";
  try {
    for await (const chunk of answer.setEncoding("utf8")) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) yield JSON.parse(text) as AnswerLine<T>;
    }
  } catch (cause) {
    signal.throwIfAborted();
    throw brokenOff(cause);
  }
}

const brokenOff = (cause?: unknown): Problem =>
  new Problem(
    "unreachable",
    "controller_gone",
    "the controller ended before it had answered",
    "Look at its output, then run the command again.",
    { cause },
  );
