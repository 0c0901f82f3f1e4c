/** Whether a host, as a URL writes it in lower case, can only mean this machine. An address literal cannot be rebound. */
export const isLoopbackName = (host: string): boolean =>
  host === "localhost" || host === "[::1]" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);

/** The host of a URL that has nothing but scheme, host and port. */
export function hostOf(url: string): string | undefined {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^/?#\\@\s]+$/i.test(url)) return undefined;
  try {
    return new URL(url).hostname;
  } catch {
    // Not a URL: the header is nonsense.
    return undefined;
  }
}
