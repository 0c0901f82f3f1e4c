import type { IncomingMessage } from "node:http";

type HeaderValues = Readonly<Record<string, string>>;

/** What pages may read of an answer beside its body. */
const exposedHeaders = [
  "x-request-id",
  "retry-after",
  ...["limit", "remaining", "reset"].flatMap((what) => [`x-ratelimit-${what}-requests`, `x-ratelimit-${what}-tokens`]),
].join(", ");

const preflightSec = "600";

/** The header names that a page wants to send, as long as they are nothing but names. */
const namesPattern = /^[\w-]{1,64}(?: *, *[\w-]{1,64}){0,63}$/;

const originOf = (request: IncomingMessage, origins: readonly string[]): string | undefined => {
  const [origin, ...others] = request.headersDistinct.origin ?? [];
  return origin !== undefined && others.length === 0 && origins.includes(origin) ? origin : undefined;
};

/**
 * Lets a browser hand an answer to a page of a listed origin. No credentials are allowed: a page sends its key itself, so that no
 * other page can make the browser send it.
 */
export function crossOriginHeaders(request: IncomingMessage, origins: readonly string[]): HeaderValues {
  if (origins.length === 0) return {};
  const origin = originOf(request, origins);
  if (origin === undefined) return { vary: "origin" };
  return { vary: "origin", "access-control-allow-origin": origin, "access-control-expose-headers": exposedHeaders };
}

/**
 * What a browser asks before a page of a listed origin may send its request: undefined when this is no such question. It carries
 * neither key nor body. Headers are allowed as they are asked for, since clients add some of their own (`x-stainless-...`).
 */
export function preflightHeaders(request: IncomingMessage, origins: readonly string[]): HeaderValues | undefined {
  if (request.method !== "OPTIONS" || originOf(request, origins) === undefined) return undefined;
  const { headers } = request;
  if (headers["access-control-request-method"] === undefined) return undefined;
  const names = headers["access-control-request-headers"] ?? "";
  return {
    "access-control-allow-methods": "GET, POST",
    "access-control-allow-headers": namesPattern.test(names) ? names : "authorization, content-type, x-api-key",
    "access-control-max-age": preflightSec,
    ...(headers["access-control-request-private-network"] === undefined
      ? {}
      : { "access-control-allow-private-network": "true" }),
  };
}
