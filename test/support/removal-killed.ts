import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { openModelRemovalDisk } from "../../src/adapters/files/model-removal-disk.js";
import { openPlacedFoldersRecord } from "../../src/adapters/files/placed-folders-record.js";
import { openRegistryDisk } from "../../src/adapters/files/registry-disk.js";
import { modelId } from "../../src/cluster/names.js";
import { silentLogger } from "../../src/runtime/logger.js";

// A process of its own: removes a model's folder and kills itself at the moment named.
const [placesText = "{}", placedFile = "", id = "", moment = ""] = process.argv.slice(2);
const places = JSON.parse(placesText);
const die = (): never => {
  process.kill(process.pid, "SIGKILL");
  throw new Error("killed");
};
const placed = openPlacedFoldersRecord(placedFile);
const record = moment === "before the record" ? { ...placed, forget: async () => die() } : placed;
const removal = await openModelRemovalDisk(places, await openRegistryDisk(places, placed), record, silentLogger);
const [folder] = await removal.find(modelId(id));
if (folder === undefined) throw new Error("nothing to remove");
const finish = await removal.setAside(folder);
if (moment === "before the first file") die();
const [models] = places.modelsFolders;
const aside = (await readdir(models)).find((name) => name.startsWith(".exoctl-remove-")) ?? "";
const [file] = await readdir(join(models, aside));
if (moment === "after the first file") {
  await rm(join(models, aside, file ?? ""));
  die();
}
await finish();
