/** Why exos do not see each other, for programs. */
export type SeparationCode =
  | "generations"
  | "transports"
  | "namespaces"
  | "namespace-unknown"
  | "libp2p-apart"
  | "zenoh-apart"
  | "no-ipv6"
  | "no-hello"
  | "classic-silent"
  | "classic-ports"
  | "classic-apart"
  | "one-sided"
  | "no-connection"
  | "no-api"
  | "loopback-only"
  | "api-ports";

/** One reason, in an admin's words, and what mends it. */
export interface Separation {
  readonly code: SeparationCode;
  /** Names of the exos that it is about. */
  readonly exos: readonly string[];
  readonly message: string;
  readonly fix: string;
}

const mostNames = 6;

/** `a, b and c`, shortened where there are many. */
export function listNames(names: readonly string[]): string {
  const shown = names.length > mostNames ? [...names.slice(0, mostNames), `${names.length - mostNames} more`] : names;
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** Verb forms for one or many names. */
export const isOrAre = (names: readonly unknown[]): string => (names.length === 1 ? "is" : "are");
