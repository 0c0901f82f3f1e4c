/** A host and a TCP port. */
export interface HostPort {
  /** A name or an address; IPv6 without brackets, with its scope if it has one. */
  readonly host: string;
  readonly port: number;
}

/** `host`, `host:port` or, for IPv6, `[address]` and `[address]:port`. The port is at most five digits. */
export const hostPattern =
  /^(?:\[([0-9A-Fa-f:.]+(?:%[\w.-]+)?)\]|([A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?))(?::(\d{1,5}))?$/;

/** As `hostPattern`, with the port. */
export const hostPortPattern =
  /^(?:\[[0-9A-Fa-f:.]+(?:%[\w.-]+)?\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):\d{1,5}$/;

/**
 * Reads `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
 *
 * @returns undefined when the text is not one of these or the port is above 65535.
 */
export function parseHostPort(text: string, defaultPort: number): HostPort | undefined {
  const [, bracketed, plain, digits] = hostPattern.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? defaultPort : Number(digits);
  return host === undefined || port > 65_535 ? undefined : { host, port };
}
