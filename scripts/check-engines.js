// Fails on a locked package that does not run on the oldest Node.js we promise, and on a locked address of some registry:
// such a lock file would only install where that host answers.
import { readFileSync } from "node:fs";
import semver from "semver";

const oldestNode = "20.19.0";
/** Packages whose `engines` are stricter than what they need, each with its reason. */
const exceptions = new Map([
  ["cookie", "fastify loads it only for app.inject(), and it is plain ESM that Node 20.19 can require"],
]);

const file = process.argv[2] ?? new URL("../package-lock.json", import.meta.url);
const lock = JSON.parse(readFileSync(file, "utf8"));
const problems = Object.entries(lock.packages).flatMap(([path, locked]) => {
  const name = path.replace(/^.*node_modules\//, "");
  const range = locked.engines?.node;
  return [
    ...(range !== undefined && !exceptions.has(name) && !semver.satisfies(oldestNode, range)
      ? [`${name} ${locked.version} needs Node ${range}, we promise ${oldestNode}`]
      : []),
    ...(locked.resolved === undefined || locked.link === true
      ? []
      : [`${name} is locked to an address: ${locked.resolved}`]),
  ];
});

for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length > 0 ? 1 : 0;
