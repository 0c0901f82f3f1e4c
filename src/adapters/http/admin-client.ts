import { Client } from "undici";
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
import { Problem } from "../../runtime/problem.js";
import type { ApplyLine, ProblemBody } from "./admin-server.js";

/** The controller's API as a client sees it: the same calls, each over the socket. */
export type AdminClient = {
  readonly [Call in Exclude<keyof AdminApi, "apply">]: (
    ...args: Parameters<AdminApi[Call]>
  ) => Promise<Awaited<ReturnType<AdminApi[Call]>>>;
} & { readonly apply: AdminApi["apply"]; close(): Promise<void> };

/**
 * Connects to a controller's Unix socket.
 *
 * Calls reject with the controller's own `Problem`, or with `no_controller` (unreachable) when nobody answers.
 */
export function openAdminClient(socketPath: string): AdminClient {
  const client = new Client("http://controller", { socketPath, headersTimeout: 30_000, bodyTimeout: 0 });
  const call = async <T>(method: "GET" | "POST", path: string, body?: unknown): Promise<T> => {
    const answer = await send(client, method, path, body);
    const parsed: unknown = await answer.body.json();
    if (answer.statusCode !== 200) throw problemFrom((parsed as { problem: ProblemBody }).problem);
    return parsed as T;
  };
  return {
    info: () => call<ControllerInfo>("GET", "/api/v1/info"),
    status: () => call<StatusReport>("GET", "/api/v1/status"),
    discover: () => call<readonly DiscoveredHost[]>("GET", "/api/v1/discover"),
    plan: (request) => call<PlanResult>("POST", "/api/v1/plan", request),
    createToken: (request) => call<JoinInstructions>("POST", "/api/v1/tokens", request),
    apply: (request, report, signal) => apply(client, request, report, signal),
    close: () => client.destroy(),
  };
}

async function send(client: Client, method: "GET" | "POST", path: string, body: unknown, signal?: AbortSignal) {
  try {
    return await client.request({
      method,
      path,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    });
  } catch (cause) {
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
  client: Client,
  request: ApplyRequest,
  report: (line: ProgressLine) => void,
  signal: AbortSignal,
): Promise<ApplySummary> {
  const answer = await send(client, "POST", "/api/v1/apply", request, signal);
  let rest = "";
  for await (const chunk of answer.body.setEncoding("utf8")) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const text of lines) {
      const line = JSON.parse(text) as ApplyLine;
      if ("progress" in line) report(line.progress);
      else if ("problem" in line) throw problemFrom(line.problem);
      else return line.result;
    }
  }
  throw new Problem(
    "unreachable",
    "controller_gone",
    "the controller ended before it had answered",
    "Look at its output, then run the command again.",
  );
}

const problemFrom = (body: ProblemBody): Problem => new Problem(body.kind, body.code, body.message, body.hint);
