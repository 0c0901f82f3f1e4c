/** Whether a version such as `0.26.3` or `0.29.0.dev1` is older than another; undefined when it can't be read. */
export function isOlder(version: string, than: string): boolean | undefined {
  const [one, other] = [numbersOf(version), numbersOf(than)];
  if (one === undefined || other === undefined) return undefined;
  for (let index = 0; index < 3; index += 1) {
    const difference = (one[index] ?? 0) - (other[index] ?? 0);
    if (difference !== 0) return difference < 0;
  }
  return false;
}

function numbersOf(version: string): readonly number[] | undefined {
  const parts = version
    .split(".")
    .slice(0, 3)
    .map((part) => Number.parseInt(part, 10));
  const firstBad = parts.findIndex((part) => !(part >= 0));
  if (firstBad === 0) return undefined;
  return firstBad < 0 ? parts : parts.slice(0, firstBad);
}
