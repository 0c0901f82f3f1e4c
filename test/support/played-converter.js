/**
 * Plays `mlx_lm convert` in tests: prints what the real one printed (test/fixtures/mlx-lm) and copies results that the test has
 * made. First argument: JSON with `does`, `recordings` (folder), `results` (folder with a folder for each step) and `mark` (a file
 * that gets a line for each process that has begun).
 */
import { spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const { does, recordings, results, mark } = JSON.parse(process.argv[2] ?? "");
const args = process.argv.slice(3);
const result = args[args.indexOf("--mlx-path") + 1] ?? "";
const step = args.includes("-d") ? "dequantized" : "quantized";

/** @param {string} name */
const play = (name) => {
  for (const stream of /** @type {const} */ (["stdout", "stderr"])) {
    const file = join(recordings, `${name}.${stream}.txt`);
    if (existsSync(file)) process[stream].write(readFileSync(file));
  }
};
const writeSome = () => {
  mkdirSync(result);
  writeFileSync(join(result, "model.safetensors"), Buffer.alloc(100_000));
};
const hang = () => setInterval(() => undefined, 1_000);

if (args[0] === "describe") {
  if (does === "breaks") {
    process.stderr.write("ModuleNotFoundError: No module named 'mlx_lm'\n");
    process.exit(1);
  }
  const version = does === "is old" ? "0.27.1" : "0.32.2";
  process.stdout.write(`a warning\n${JSON.stringify({ version, modelTypes: ["gpt_oss"] })}\n`);
  process.exit(0);
}

if (does !== "is deaf to its end") process.stdin.once("end", () => process.exit(1)).resume();
appendFileSync(mark, `${process.pid} ${args.join(" ")}\n`);
switch (does) {
  case "writes nothing":
    process.exit(0);
    break;
  case "converts":
    play(step);
    cpSync(join(results, step), result, { recursive: true });
    process.exit(0);
    break;
  case "fails while it writes":
    writeSome();
    play("disk-full");
    process.exit(1);
    break;
  case "fails while it loads":
    play("truncated-weights");
    process.exit(1);
    break;
  case "floods": {
    const line = `${"x".repeat(1_000)}\n`.repeat(100);
    for (let at = 0; at < 1_000; at += 1)
      if (!process.stdout.write(line)) await new Promise((resolve) => process.stdout.once("drain", resolve));
    process.stderr.write("ValueError: enough\n", () => process.exit(1));
    break;
  }
  case "is deaf":
    process.on("SIGTERM", () => undefined);
    writeSome();
    play("dequantized");
    hang();
    break;
  case "leaves a child": {
    const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "inherit" });
    appendFileSync(mark, `${child.pid} child\n`);
    child.once("spawn", () => {
      cpSync(join(results, step), result, { recursive: true });
      process.exit(0);
    });
    break;
  }
  case "is killed":
    writeSome();
    process.kill(process.pid, "SIGKILL");
    break;
  default: // "hangs", "is deaf to its end"
    play(step);
    writeSome();
    hang();
}
