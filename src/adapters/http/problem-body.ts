import { z } from "zod";
import type { Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";

/** How a `Problem` crosses the socket. */
export interface ProblemBody {
  readonly kind: Problem["kind"];
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

/** What a client is told of a failure. Faults of ours go to the log, with nothing of them to the client. */
export function problemBody(error: unknown, logger: Logger): ProblemBody {
  if (error instanceof Problem) {
    const { kind, code, message, hint } = error;
    return { kind, code, message, ...(hint === undefined ? {} : { hint }) };
  }
  if (error instanceof z.ZodError) return { kind: "usage", code: "bad_request", message: issuesText(error) };
  if (isRefusedByFastify(error)) return { kind: "usage", code: "bad_request", message: error.message };
  logger.error("admin request failed", { error });
  return { kind: "failed", code: "internal", message: "the controller failed on this request; its log says more" };
}

/** The problem that a client raises again; an answer that is none means that both ends are of different versions. */
export function problemFrom(body: unknown): Problem {
  const problem = (body as { readonly problem?: ProblemBody } | undefined)?.problem;
  if (problem !== undefined) return new Problem(problem.kind, problem.code, problem.message, problem.hint);
  return new Problem(
    "failed",
    "not_understood",
    "the controller's answer is not understood",
    "Controller and command line may be of different versions: restart the controller.",
  );
}

const issuesText = (error: z.ZodError): string =>
  error.issues.map(({ path, message }) => `${path.length === 0 ? "request" : path.join(".")}: ${message}`).join("; ");

/** A body that is not JSON, too long, or of another type. */
const isRefusedByFastify = (error: unknown): error is Error =>
  error instanceof Error && "statusCode" in error && Number(error.statusCode) >= 400 && Number(error.statusCode) < 500;
