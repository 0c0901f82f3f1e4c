/** `prefix` and 24 hexadecimal digits. Tells requests apart; guards nothing. */
export function createId(prefix: string, random: () => number): string {
  let digits = "";
  for (let part = 0; part < 3; part += 1) {
    digits += Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  }
  return prefix + digits;
}
