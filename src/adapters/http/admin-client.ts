import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { json } from "node:stream/consumers";
import type {
  AdminApi,
  ApplyRequest,
  ApplySummary,
  ControllerInfo,
  JoinInstructions,
  ProgressLine,
} from "../../controller/admin-api.js";
import type { DiscoveredHost, StatusReport } from "../../controller/status-report.js";
import type { PlanResult } from "../../plan/plan-result.js";
import type { WhatIf } from "../../plan/what-if.js";
import { Problem } from "../../runtime/problem.js";
import type { ApplyLine, ProblemBody } from "./admin-server.js";

/** The controller's API as a client sees it: the same calls, each over the socket. */
export type AdminClient = {
  readonly [Call in Exclude<keyof AdminApi, "apply">]: (
    ...args: Parameters<AdminApi[Call]>
  ) => Promise<Awaited<ReturnType<AdminApi[Call]>>>;
} & Pick<AdminApi, "apply">;

/**
 * Talks to a controller over its Unix socket, one connection a call. On node:http, because a command that prints a status
 * must not spend its time on loading a larger client.
 *
 * Calls reject with the controller's own `Problem`, with `no_controller` (unreachable) when nobody answers, or with
 * `controller_gone` (unreachable) when the answer breaks off.
 */
export function openAdminClient(socketPath: string): AdminClient {
  const call = async <T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> => {
    const answer = await send(socketPath, method, path, body);
    const parsed: unknown = await json(answer).catch((cause: unknown) => Promise.reject(brokenOff(cause)));
    if (answer.statusCode !== 200) throw problemFrom(parsed);
    return parsed as T;
  };
  return {
    info: () => call<ControllerInfo>("GET", "/api/v1/info"),
    status: () => call<StatusReport>("GET", "/api/v1/status"),
    discover: () => call<readonly DiscoveredHost[]>("GET", "/api/v1/discover"),
    plan: (wanted) => call<PlanResult>("POST", "/api/v1/plan", wanted),
    whatIf: (wanted) => call<WhatIf>("POST", "/api/v1/what-if", wanted),
    createToken: (wanted) => call<JoinInstructions>("POST", "/api/v1/tokens", wanted),
    apply: (wanted, report, signal) => apply(socketPath, wanted, report, signal),
  };
}

async function send(
  socketPath: string,
  method: "GET" | "POST",
  path: string,
  body: unknown,
  signal?: AbortSignal,
): Promise<IncomingMessage> {
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const sent = request({
    socketPath,
    method,
    path,
    headers,
    agent: false,
    ...(signal === undefined ? {} : { signal }),
  });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  try {
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return answer;
  } catch (cause) {
    signal?.throwIfAborted();
    throw new Problem(
      "unreachable",
      "no_controller",
      "no exoctl controller is running here",
      "Start one with `exoctl up` (or try it on simulated Macs: `exoctl up --simulate`).",
      { cause },
    );
  }
}

async function apply(
  socketPath: string,
  wanted: ApplyRequest,
  report: (line: ProgressLine) => void,
  signal: AbortSignal,
): Promise<ApplySummary> {
  const answer = await send(socketPath, "POST", "/api/v1/apply", wanted, signal);
  if (answer.statusCode !== 200) throw problemFrom(await json(answer).catch(() => undefined)); // then it says nothing
  for await (const line of linesOf(answer, signal)) {
    if ("progress" in line) report(line.progress);
    else if ("problem" in line) throw problemFrom(line);
    else return line.result;
  }
  throw brokenOff();
}

async function* linesOf(answer: IncomingMessage, signal: AbortSignal): AsyncGenerator<ApplyLine, void, undefined> {
  let rest = "";
  try {
    for await (const chunk of answer.setEncoding("utf8")) {
      const lines = `${rest}${chunk}`.split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) yield JSON.parse(text) as ApplyLine;
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

function problemFrom(body: unknown): Problem {
  const problem = (body as { readonly problem?: ProblemBody } | undefined)?.problem;
  if (problem !== undefined) return new Problem(problem.kind, problem.code, problem.message, problem.hint);
  return new Problem(
    "failed",
    "not_understood",
    "the controller's answer is not understood",
    "Controller and command line may be of different versions: restart the controller.",
  );
}
