import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "./door/caller.js";

/** One request that is being answered. */
export interface RequestContext {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly caller: Caller;
  /** Milliseconds since the Unix epoch. */
  readonly startedAt: number;
  /** Aborts with one of these reasons when there is nobody left to answer, or no time. */
  readonly signal: AbortSignal;
  /** Fields of the access log, added to as they become known. Never text of a prompt or an answer. */
  readonly facts: RequestFacts;
}

/** Why a request was given up. */
export type GivenUp = "client-gone" | "closing" | "key-revoked";

export interface RequestFacts {
  /** Id of the caller's key; `owner` for whoever runs the controller. */
  key?: string;
  /** Subject of the client's certificate. */
  certificate?: string;
  /** By exo's count, or an estimate where the answer was broken off. */
  promptTokens?: number;
  completionTokens?: number;
  model?: string;
  target?: string;
  answerAs?: "stream" | "whole";
  attempts?: number;
  /** From the request to the first token. */
  firstTokenMs?: number;
  /** Code of the error that the client was told. */
  error?: string;
}
