import { isIP } from "node:net";

/** Whether a host, as a URL writes it, is an address: a name that is made to point elsewhere it can't be. */
export const isAddress = (host: string): boolean => isIP(host.replace(/^\[|\]$/g, "")) !== 0;

/** Whether a host is one of these names, of which some may begin with `*.` as in certificates. @param host in lower case */
export function isOneOf(host: string, names: readonly string[]): boolean {
  // A name that ends with a dot is the same name.
  const name = host.replace(/\.$/, "");
  return names.includes(name) || names.includes(name.replace(/^[^.]+/, "*"));
}
