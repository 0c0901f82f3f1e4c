import { simulatedClassicExo } from "./simulated-classic-exo.js";

// A program of its own, so that it loads little and answers soon. Behind the settings file it takes exo's own command line.
const [settingsFile, ...args] = process.argv.slice(2);
if (settingsFile === undefined) {
  process.stderr.write("usage: simulated-classic-exo-main SETTINGS.json [EXO'S OWN FLAGS]\n");
  process.exit(2);
}
// Whoever reads our output may be gone before us.
process.stdout.on("error", () => {});
// exo ends with code 1 whenever it is told to, at any moment of its life; nothing is worth being put in order.
for (const name of ["SIGTERM", "SIGINT"] as const) {
  process.once(name, () => {
    process.stdout.write(`Received exit signal ${name}...\n`);
    process.exit(1);
  });
}
const code = await simulatedClassicExo(settingsFile, args, {
  env: process.env,
  print: (line) => void process.stdout.write(`${line}\n`),
  complain: (line) => void process.stderr.write(`${line}\n`),
});
process.exit(code);
