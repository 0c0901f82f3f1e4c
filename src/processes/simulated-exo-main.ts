import { simulatedExoMain } from "./simulated-exo-process.js";

// A program of its own, apart from the command line, so that it loads little and answers soon.
const settingsFile = process.argv[2];
if (settingsFile === undefined) {
  process.stderr.write("usage: simulated-exo-main SETTINGS.json\n");
  process.exit(2);
}
try {
  process.exit(await simulatedExoMain(settingsFile));
} catch (error) {
  process.stderr.write(`simulated exo could not run: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
