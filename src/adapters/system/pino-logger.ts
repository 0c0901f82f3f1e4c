import { destination, type Logger as Pino, pino, stdSerializers } from "pino";
import { escapeJson } from "../../runtime/escape-controls.js";
import type { LogFields, Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";

/**
 * Logs JSON lines to a file descriptor, standard error unless told otherwise. Writes are synchronous, so that the last words
 * of a dying process are not lost. What acts on a terminal is written out: names of others are in these lines.
 */
export function createPinoLogger(options: { readonly level: string; readonly fd?: number }): Logger {
  const out = destination({ fd: options.fd ?? 2, sync: true });
  return wrap(
    pino(
      { level: options.level, base: null, serializers: { error: errorFields } },
      { write: (line) => void out.write(escapeJson(line)) },
    ),
  );
}

/** A `Problem` says in words what is wrong; only faults of ours are worth the way that led to them. */
function errorFields(error: unknown): unknown {
  if (!(error instanceof Problem)) return stdSerializers.err(error as Error);
  const { kind, code, message, hint } = error;
  return { kind, code, message, ...(hint === undefined ? {} : { hint }) };
}

const wrap = (pinoLogger: Pino): Logger => ({
  debug: (message, fields: LogFields = {}) => pinoLogger.debug(fields, message),
  info: (message, fields: LogFields = {}) => pinoLogger.info(fields, message),
  warn: (message, fields: LogFields = {}) => pinoLogger.warn(fields, message),
  error: (message, fields: LogFields = {}) => pinoLogger.error(fields, message),
  child: (fields) => wrap(pinoLogger.child(fields)),
});
