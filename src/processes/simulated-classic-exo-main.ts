import { simulatedClassicMain } from "./simulated-classic-exo.js";

// A program of its own, so that it loads little and answers soon. Behind the settings file it takes exo's own command line.
const [settingsFile, ...args] = process.argv.slice(2);
if (settingsFile === undefined) {
  process.stderr.write("usage: simulated-classic-exo-main SETTINGS.json [EXO'S OWN FLAGS]\n");
  process.exit(2);
}
process.exit(await simulatedClassicMain(settingsFile, args));
