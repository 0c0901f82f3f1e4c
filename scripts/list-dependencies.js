// Prints what package-lock.json locks. Reads the lock file only; `--newest` asks npm as well.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const read = (name) => JSON.parse(readFileSync(new URL(`../${name}`, import.meta.url), "utf8"));

/** Everything that is locked, and what is named in package.json. */
export function listDependencies() {
  const { dependencies, devDependencies } = read("package.json");
  const locked = Object.entries(read("package-lock.json").packages)
    .filter(([path]) => path !== "")
    .map(([path, { version, license, engines, dev, optional, devOptional, hasInstallScript }]) => ({
      name: path.replace(/^.*node_modules\//, ""),
      path,
      version,
      licence: license ?? "not stated",
      node: engines?.node ?? "any",
      use: dev === true ? "development" : devOptional === true || optional === true ? "optional" : "run time",
      installScript: hasInstallScript === true,
    }));
  const direct = Object.entries({ ...dependencies, ...devDependencies }).map(([name, range]) => {
    const found = locked.find(({ path }) => path === `node_modules/${name}`);
    return { ...found, name, range, use: dependencies[name] === undefined ? "development" : "run time" };
  });
  return { locked, direct };
}

/** Direct packages with a newer version inside their range, by name. Needs the package registry. */
function newerInLine() {
  const { stdout } = spawnSync("npm", ["outdated", "--json"], {
    encoding: "utf8",
    cwd: new URL("..", import.meta.url),
  });
  const outdated = JSON.parse(stdout === "" ? "{}" : stdout);
  return new Map(
    Object.entries(outdated).flatMap(([name, { current, wanted }]) => (current === wanted ? [] : [[name, wanted]])),
  );
}

const countBy = (items, keyOf) => {
  const counts = new Map();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return [...counts].sort(([, one], [, other]) => other - one);
};

function print({ locked, direct }, newer) {
  const lines = [
    `${locked.length} packages are locked: ${countBy(locked, ({ use }) => use)
      .map(([use, count]) => `${count} ${use}`)
      .join(", ")}`,
    `licences: ${countBy(locked, ({ licence }) => licence)
      .map(([licence, count]) => `${licence} ${count}`)
      .join(", ")}`,
    `with an install script: ${
      locked
        .filter(({ installScript }) => installScript)
        .map(({ name }) => name)
        .join(", ") || "none"
    }`,
    "",
    `${direct.length} are named in package.json:`,
    ...direct.map(({ name, version, licence, node, use }) => {
      const age =
        newer === undefined ? "" : newer.has(name) ? `newest of its line is ${newer.get(name)}` : "newest of its line";
      return `  ${name.padEnd(26)} ${version.padEnd(10)} ${licence.padEnd(18)} node ${node.padEnd(28)} ${use.padEnd(12)} ${age}`.trimEnd();
    }),
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const found = listDependencies();
  const newer = process.argv.includes("--newest") ? newerInLine() : undefined;
  if (process.argv.includes("json"))
    process.stdout.write(`${JSON.stringify({ ...found, newer: newer && Object.fromEntries(newer) }, null, 2)}\n`);
  else print(found, newer);
}
