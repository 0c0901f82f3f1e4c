import { describeSimulatedConverter, simulateConversion } from "../simulate/converter/simulated-converter.js";

// A program of its own, as the real converter is one. It ends with the agent, which holds the other end of its standard input.
const [what, ...args] = process.argv.slice(2);
if (what === "describe") describeSimulatedConverter();
else {
  process.stdin.once("end", () => process.exit(1)).resume();
  try {
    await simulateConversion(args);
    process.exit(0);
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  }
}
