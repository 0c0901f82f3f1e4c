/** The key that a request shows, or what is wrong with how it does. */
export type Credentials =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "none" }
  /** Not a bearer token. */
  | { readonly kind: "other-scheme" }
  /** Several that differ, or a header more than once: somebody before us may have read another one. */
  | { readonly kind: "ambiguous" };

/**
 * Reads `Authorization: Bearer`, as OpenAI's clients send it, and `x-api-key`, as Anthropic's do.
 *
 * @param headers each header with all of its values, names in lower case
 */
export function readCredentials(headers: NodeJS.Dict<string[]>): Credentials {
  const authorizations = headers.authorization ?? [];
  const apiKeys = headers["x-api-key"] ?? [];
  if (authorizations.length > 1 || apiKeys.length > 1) return { kind: "ambiguous" };
  const [authorization] = authorizations;
  const [apiKey] = apiKeys;
  const bearer = authorization === undefined ? undefined : /^bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (authorization !== undefined && bearer === undefined) return { kind: "other-scheme" };
  if (bearer !== undefined && apiKey !== undefined && bearer !== apiKey) return { kind: "ambiguous" };
  const text = bearer ?? apiKey;
  return text === undefined ? { kind: "none" } : { kind: "text", text };
}
