/**
 * Generates the TypeScript types of proto/*.proto into src/adapters/grpc/generated/. Does nothing when they are
 * newer than the proto files, this script and the lock file.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const protoFolder = join(root, "proto");
const protoNames = readdirSync(protoFolder).filter((name) => name.endsWith(".proto"));
const outFolder = join(root, "src", "adapters", "grpc", "generated");
const stamp = join(outFolder, "up-to-date");
const sources = [
  protoFolder,
  ...protoNames.map((name) => join(protoFolder, name)),
  fileURLToPath(import.meta.url),
  join(root, "package-lock.json"),
];

const changedAt = (file) => (existsSync(file) ? statSync(file).mtimeMs : 0);
if (existsSync(stamp) && sources.every((source) => changedAt(source) < changedAt(stamp))) process.exit(0);

const loaderPackage = createRequire(import.meta.url).resolve("@grpc/proto-loader/package.json");
const generator = join(dirname(loaderPackage), "build", "bin", "proto-loader-gen-types.js");
// Moved to its place as one, so that a type check at the same time never sees half of the files.
const freshFolder = join(root, "node_modules", ".cache", `grpc-types.${process.pid}`);
mkdirSync(freshFolder, { recursive: true });
const options = [
  "--longs=Number",
  "--enums=String",
  "--defaults",
  "--grpcLib=@grpc/grpc-js",
  "--importFileExtension=.js",
  `--includeDirs=${protoFolder}`,
  `--outDir=${freshFolder}`,
];
const run = spawnSync(process.execPath, [generator, ...options, ...protoNames], {
  cwd: root,
  stdio: ["ignore", "ignore", "inherit"],
});
const isMade = (name) => existsSync(join(freshFolder, name.replace(/\.proto$/, ".ts")));
if (run.status !== 0 || !protoNames.every(isMade)) {
  rmSync(freshFolder, { recursive: true, force: true });
  process.stderr.write(`Could not generate the gRPC types from ${protoFolder}.\n`);
  process.exit(1);
}
mkdirSync(dirname(outFolder), { recursive: true });
writeFileSync(join(freshFolder, "up-to-date"), "");
rmSync(outFolder, { recursive: true, force: true });
renameSync(freshFolder, outFolder);
