/** Fields of one log line. The message is a constant; whatever varies goes in here. Never put secrets or prompts in. */
export type LogFields = Readonly<Record<string, unknown>>;

/** A structured logger. `child` binds fields once for everything that is logged through the result. */
export interface Logger {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
  child(fields: LogFields): Logger;
}

const nothing = (): void => {};

/** Drops every line. For callers that have nobody to tell. */
export const silentLogger: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLogger,
};
