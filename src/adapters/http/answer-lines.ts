import { Readable } from "node:stream";
import type { FastifyReply } from "fastify";
import type { ProgressLine } from "../../controller/progress-line.js";
import type { Logger } from "../../runtime/logger.js";
import { type ProblemBody, problemBody } from "./problem-body.js";

/** One line of an answer that takes long and streams newline-separated JSON: progress, and at the end a result or a problem. */
export type AnswerLine<T> =
  | { readonly progress: ProgressLine }
  | { readonly result: T }
  | { readonly problem: ProblemBody };

/**
 * Answers with the lines of some work.
 *
 * @param work its signal aborts when the client has gone, and also, without effect, after the last line
 */
export function answerLines<T>(
  reply: FastifyReply,
  logger: Logger,
  work: (report: (line: ProgressLine) => void, signal: AbortSignal) => Promise<T>,
): FastifyReply {
  const gone = new AbortController();
  reply.raw.once("close", () => gone.abort());
  const lines = new Readable({ read: () => {} });
  const push = (line: AnswerLine<T>): void => void lines.push(`${JSON.stringify(line)}\n`);
  work((progress) => push({ progress }), gone.signal)
    .then((result) => push({ result }))
    .catch((error: unknown) => push({ problem: problemBody(error, logger) }))
    .finally(() => lines.push(null));
  return reply.type("application/x-ndjson").send(lines);
}
