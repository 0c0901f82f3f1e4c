/** Bytes as people compare them with a Mac's memory: `11.2 GiB`. */
export const formatGib = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(bytes < 2 ** 30 ? 2 : 1)} GiB`;

/** Seconds of one step: `21.19 ms`. */
export const formatMs = (sec: number): string => `${(sec * 1000).toFixed(2)} ms`;

/** `47.2 tokens/s` from seconds per token. */
export const formatRate = (secPerToken: number): string => `${(1 / secPerToken).toFixed(1)} tokens/s`;

/** `layers 0 to 28` of a half-open range. */
export const formatLayers = (start: number, end: number): string =>
  end - start === 1 ? `layer ${start}` : `layers ${start} to ${end - 1}`;

/** Names that a list gives one by one; the rest are counted. */
const namedOnes = 8;

/** `a, b and c`; of long lists the first ones and how many more. */
export function listNames(names: readonly string[]): string {
  const more = names.length - namedOnes;
  const shown = more > 1 ? [...names.slice(0, namedOnes), `${more} more`] : names;
  return shown.length < 2 ? shown.join("") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}
