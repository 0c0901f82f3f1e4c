/** How the admin port is reached, as far as cookies are concerned. */
export interface CookieSite {
  readonly scheme: "http" | "https";
  /** Browsers send cookies to every port of a host: each controller on it has a name of its own. */
  readonly port: number;
}

const nameOf = ({ scheme, port }: CookieSite): string => `${scheme === "https" ? "__Host-" : ""}exoctl_session_${port}`;

/** Value of `set-cookie`. Without an expiry: it goes with the browser, and the session ends by itself. */
export const sessionCookie = (site: CookieSite, secret: string): string =>
  `${nameOf(site)}=${secret}; Path=/; HttpOnly; SameSite=Strict${site.scheme === "https" ? "; Secure" : ""}`;

/** The secrets that a request shows: none, one, or more when somebody planted further ones. */
export function sessionSecrets(site: CookieSite, headers: readonly string[]): readonly string[] {
  const name = nameOf(site);
  return headers
    .flatMap((header) => header.split(";"))
    .map((pair) => pair.trim().split("=", 2))
    .flatMap(([key, value]) => (key === name && value !== undefined ? [value] : []));
}
