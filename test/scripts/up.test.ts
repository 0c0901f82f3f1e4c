import { spawn } from "node:child_process";
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";

/*
 * scripts/up in a folder of its own, with an npm that only records what it was asked and a program that prints its arguments.
 */

const scripts = fileURLToPath(new URL("../../scripts/", import.meta.url));
const fakeNpm = `#!/bin/sh
echo "npm $*" >>"$FAKE_LOG"
sleep 0.2
case "$1" in
  ci) mkdir -p node_modules && : >node_modules/.package-lock.json ;;
  run) mkdir -p dist/cli && cp program.js dist/cli/main.js ;;
esac
`;
const program = `process.on("SIGINT", () => process.exit(42));
if (process.argv.includes("--wait")) setInterval(() => {}, 1000);
process.stdout.write(JSON.stringify({ argv: process.argv.slice(2), pid: process.pid }) + "\\n");
`;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-up-"));
  for (const name of ["scripts", "src", "proto", "bin", "elsewhere", "tmp"]) await mkdir(join(folder, name));
  for (const name of ["up", "prepare.sh"]) await copyFile(join(scripts, name), join(folder, "scripts", name));
  await writeFile(join(folder, "bin", "npm"), fakeNpm);
  await chmod(join(folder, "bin", "npm"), 0o755);
  await writeFile(join(folder, "program.js"), program);
  await writeFile(join(folder, "src", "main.ts"), "");
  for (const name of ["package.json", "package-lock.json", "tsconfig.json", "tsconfig.build.json"])
    await writeFile(join(folder, name), "{}");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(args: readonly string[], path = `${join(folder, "bin")}${delimiter}${process.env.PATH}`) {
  const env = { ...process.env, PATH: path, FAKE_LOG: join(folder, "npm.log"), TMPDIR: join(folder, "tmp") };
  const child = spawn(join(folder, "scripts", "up"), args, { cwd: join(folder, "elsewhere"), env });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (data) => {
    stdout += data;
  });
  child.stderr.on("data", (data) => {
    stderr += data;
  });
  const ended = new Promise<Ended>((resolve) => child.once("close", (code) => resolve({ code, stdout, stderr })));
  return { child, ended };
}

const run = (args: readonly string[]): Promise<Ended> => start(args).ended;
const npmCalls = async (): Promise<readonly string[]> =>
  (await readFile(join(folder, "npm.log"), "utf8")).trim().split("\n");
const argvOf = ({ stdout }: Ended): readonly string[] => JSON.parse(stdout).argv;

test("installs and builds once, then starts at once", async () => {
  expect(await run(["--once"])).toMatchObject({ code: 0 });
  expect(await npmCalls()).toEqual([expect.stringMatching(/^npm ci /), "npm run --silent build"]);
  const again = await run(["--once"]);
  expect(again).toMatchObject({ code: 0, stderr: "" });
  expect(await npmCalls()).toHaveLength(2);
});

test("builds again after a change of the source", async () => {
  await run([]);
  const later = new Date(Date.now() + 60_000);
  await utimes(join(folder, "src", "main.ts"), later, later);
  await run([]);
  expect((await npmCalls()).filter((call) => call.includes("build"))).toHaveLength(2);
});

test("simulates unless told what to run on", async () => {
  expect(argvOf(await run(["--once"]))).toEqual(["up", "--once", "--simulate"]);
  for (const args of [["-f", "x.yaml"], ["-fx.yaml"], ["--file=x.yaml"], ["--exo", "10.0.0.1"], ["--simulate", "5"]])
    expect(argvOf(await run(args))).toEqual(["up", ...args]);
});

test("two at once install and build once between them", async () => {
  const both = await Promise.all([run(["--once"]), run(["--once"])]);
  expect(both.map(({ code }) => code)).toEqual([0, 0]);
  expect(await npmCalls()).toHaveLength(2);
});

test("takes over the lock of one that was killed", async () => {
  const killed = start([]);
  await expect.poll(() => npmCalls().catch(() => [])).toHaveLength(1);
  killed.child.kill("SIGKILL");
  await killed.ended;
  expect(await run([])).toMatchObject({ code: 0 });
});

test("a signal reaches the program, and its exit code comes back", async () => {
  const { child, ended } = start(["--wait"]);
  const stdout = await new Promise<string>((resolve) => child.stdout.once("data", (data) => resolve(String(data))));
  expect(JSON.parse(stdout).pid).toBe(child.pid);
  child.kill("SIGINT");
  expect(await ended).toMatchObject({ code: 42 });
});

test("a failed installation ends with its exit code and leaves no lock", async () => {
  await writeFile(join(folder, "bin", "npm"), "#!/bin/sh\nexit 7\n");
  expect(await run([])).toMatchObject({ code: 7, stdout: "" });
  await writeFile(join(folder, "bin", "npm"), fakeNpm);
  expect(await run([])).toMatchObject({ code: 0 });
});

test("a failed build is not taken for a finished one", async () => {
  const failing = fakeNpm.replace("cp program.js dist/cli/main.js", "cp program.js dist/cli/main.js && exit 2");
  await writeFile(join(folder, "bin", "npm"), failing);
  expect(await run([])).toMatchObject({ code: 2, stdout: "" });
  await writeFile(join(folder, "bin", "npm"), fakeNpm);
  expect(await run([])).toMatchObject({ code: 0 });
  expect((await npmCalls()).filter((call) => call.includes("build"))).toHaveLength(2);
});

test("an old Node.js is refused in words", async () => {
  await writeFile(join(folder, "bin", "node"), '#!/bin/sh\n[ "$1" = --version ] && echo v18.2.0\nexit 1\n');
  await chmod(join(folder, "bin", "node"), 0o755);
  const { code, stderr } = await run([]);
  expect(code).toBe(2);
  expect(stderr).toContain("exoctl needs Node.js 20.19 or newer, and this is v18.2.0.");
});
