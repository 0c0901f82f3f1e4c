import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { makeSimulationFolder, readSimulation } from "../../src/processes/simulation.js";
import { simulationPointer, socketName } from "../../src/processes/state-names.js";

let root = "";
let home = "";
let tempBefore: string | undefined;
const servers: Server[] = [];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "exoctl-sim-test-"));
  home = join(root, "home");
  tempBefore = process.env.TMPDIR;
  process.env.TMPDIR = root;
});
afterEach(async () => {
  if (tempBefore === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = tempBefore;
  for (const server of servers.splice(0)) server.close();
  await rm(root, { recursive: true, force: true });
});

const pointer = async (): Promise<string> => (await readFile(join(home, simulationPointer), "utf8")).trim();

describe("what --simulate names", () => {
  test("nothing means three Macs, a number so many", async () => {
    expect((await readSimulation(true)).macs.map((mac) => mac.profile.name)).toEqual([
      "studio-1",
      "studio-2",
      "studio-3",
    ]);
    expect((await readSimulation("5")).macs).toHaveLength(5);
  });

  test("a file is read", async () => {
    const file = join(root, "macs.yaml");
    await writeFile(file, "macs: [{ name: mini, chip: M4 Max, memoryGb: 64 }]\ntimeScale: 0.5\n");
    expect(await readSimulation(file)).toMatchObject({ timeScale: 0.5, macs: [{ profile: { name: "mini" } }] });
  });

  test.each(["0", "100000", "/nowhere.yaml"])("%j is a usage error in words", async (wanted) => {
    await expect(readSimulation(wanted)).rejects.toMatchObject({ name: "Problem", kind: "usage" });
  });
});

describe("the folder of a simulation", () => {
  test("is private, can be found once it is announced, and leaves nothing", async () => {
    const made = await makeSimulationFolder(home);
    expect((await stat(made.folder)).mode & 0o777).toBe(0o700);
    expect(existsSync(home)).toBe(false);
    await made.announce();
    expect(await pointer()).toBe(made.folder);
    expect((await stat(join(home, simulationPointer))).mode & 0o777).toBe(0o600);
    await writeFile(join(made.folder, "something"), "x");
    await made.remove();
    await made.remove();
    expect(await readdir(home)).toEqual([]);
    expect(existsSync(made.folder)).toBe(false);
  });

  test("does not take the place of a simulation that is up, nor remove its pointer", async () => {
    const [first, second] = [await makeSimulationFolder(home), await makeSimulationFolder(home)];
    const server = createServer().listen(join(first.folder, socketName));
    servers.push(server);
    await once(server, "listening");
    await first.announce();
    await second.announce();
    expect(await pointer()).toBe(first.folder);
    await second.remove();
    expect(await pointer()).toBe(first.folder);
  });

  test("takes the place of one that was killed", async () => {
    const [killed, next] = [await makeSimulationFolder(home), await makeSimulationFolder(home)];
    await killed.announce();
    await next.announce();
    expect(await pointer()).toBe(next.folder);
  });
});
