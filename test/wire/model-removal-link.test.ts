import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Metadata, status } from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { modelId } from "../../src/cluster/names.js";
import type { AgentLink } from "../../src/inventory/agent-link.js";
import { type AgentHouse, openAgentHouse } from "../support/agent-house.js";
import { anEntry } from "../support/registry-entries.js";

const { signal } = new AbortController();
const { weightsOf } = anEntry();
let house: AgentHouse;
let link: AgentLink;
let models: string;
let path: string;
beforeEach(async () => {
  house = await openAgentHouse();
  [models] = house.registry.modelsFolders;
  path = join(models, "mlx-community--gpt-oss-120b-MXFP4-Q8");
  await house.registry.addModel(path);
  link = house.link(house.controller);
  await link.takeLease(1, signal);
});
afterEach(() => house.close());

describe("over the connection to an agent", () => {
  test("files of others are shown and kept, and go only when they are named", async () => {
    const [folder] = await link.removal.find(weightsOf, signal);
    expect(folder).toMatchObject({ modelId: weightsOf, path, kind: "folder", complete: true, files: 3, linkedAs: [] });
    expect(folder).not.toHaveProperty("placedBy");
    expect(await link.removal.removeFiles(weightsOf, "placed-by-exoctl", signal)).toEqual({
      removed: [],
      kept: [folder],
    });
    expect(await link.removal.removeFiles(weightsOf, "whoever-placed-them", signal)).toEqual({
      removed: [folder],
      kept: [],
    });
    expect(await readdir(models)).toEqual([]);
    const nothing = { removed: [], kept: [] };
    expect(await link.removal.removeFiles(weightsOf, "whoever-placed-them", signal)).toEqual(nothing);
  });

  test("what a sync has put there goes without being named, a link never", async () => {
    await house.registry.placed.remember(path, "sync");
    await link.startExo(signal);
    await link.ensureEntry(anEntry(), signal);
    const { kept } = await link.removal.removeFiles(anEntry().modelId, "whoever-placed-them", signal);
    expect(kept).toMatchObject([{ kind: "link" }]);
    await expect(link.removal.removeFiles(weightsOf, "placed-by-exoctl", signal)).rejects.toMatchObject({
      code: "not_possible",
      message: expect.stringContaining("exoctl/gpt-oss-120b-MXFP4-Q8 is a link to"),
    });
    await link.removeEntry(anEntry().modelId, signal);
    const { removed } = await link.removal.removeFiles(weightsOf, "placed-by-exoctl", signal);
    expect(removed).toMatchObject([{ placedBy: "sync" }]);
    expect(await readdir(models)).toEqual([]);
  });

  test("without the lease nothing is removed", async () => {
    const other = house.link(house.controller);
    for (const call of [
      () => other.removal.removeFiles(weightsOf, "whoever-placed-them", signal),
      () => other.removal.leaveForgetNote(weightsOf, signal),
      () => other.removal.clearForgetNote(weightsOf, signal),
    ])
      await expect(call()).rejects.toMatchObject({ code: "stale_term" });
    const stranger = house.link(house.stranger);
    await expect(stranger.removal.find(weightsOf, signal)).rejects.toMatchObject({ name: "AgentUnreachableError" });
    expect(await readdir(models)).toHaveLength(1);
  });

  test("an id that would leave the folder, and a name that is not the id, are refused", async () => {
    const bad = "../../etc" as ReturnType<typeof modelId>;
    await expect(link.removal.find(bad, signal)).rejects.toMatchObject({ code: "invalid" });
    await expect(link.removal.leaveForgetNote(bad, signal)).rejects.toMatchObject({ code: "invalid" });
    const client = house.rawRemovalClient(house.controller);
    const metadata = new Metadata();
    metadata.set("exoctl-pv", "1");
    metadata.set("exoctl-lease-term", "1");
    const code = await new Promise((resolve) => {
      client.removeModelFiles({ modelId: weightsOf, named: "something/else" }, metadata, (error) =>
        resolve(error?.code),
      );
    });
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(await readdir(models)).toHaveLength(1);
  });

  test("a note is left once, and cleared", async () => {
    const id = modelId("exoctl/gpt-oss-120b-MXFP4-Q8");
    await link.startExo(signal);
    await link.ensureEntry(anEntry(), signal);
    expect(await link.removal.leaveForgetNote(id, signal)).toBe("left");
    expect((await link.describeRegistry(signal)).cards).toHaveLength(1);
    await link.removal.clearForgetNote(id, signal);
    expect(await readdir(house.registry.cardsFolder)).toEqual(["exoctl"]);
  });
});
