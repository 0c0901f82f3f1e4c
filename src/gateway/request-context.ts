import type { IncomingMessage, ServerResponse } from "node:http";

/** One request that is being answered. */
export interface RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Aborts with one of these reasons when there is nobody left to answer, or no time. */
  readonly signal: AbortSignal;
  /** Fields of the access log, added to as they become known. Never text of a prompt or an answer. */
  readonly facts: RequestFacts;
}

/** Why a request was given up. */
export type GivenUp = "client-gone" | "closing";

export interface RequestFacts {
  model?: string;
  target?: string;
  answerAs?: "stream" | "whole";
  attempts?: number;
  /** From the request to the first token. */
  firstTokenMs?: number;
  /** Code of the error that the client was told. */
  error?: string;
}
