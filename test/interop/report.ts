const lines: string[] = [];

/** What was found, for people: printed at the end whether or not all went well. */
export const report = {
  say: (what: string, found: string): void => void lines.push(`  ${what.padEnd(10)} ${found}`),
  print: (): void => void process.stdout.write(`\nexoctl against real exo\n${lines.join("\n")}\n`),
};
