import { appendFile, readFile, rename } from "node:fs/promises";
import { afterEach, describe, expect, test } from "vitest";
import type { ClassicAddWish } from "../../src/cluster/classic-wish.js";
import { type ClassicCluster, openClassicCluster } from "../support/classic-cluster.js";
import { modelsPyText } from "../support/classic-house.js";
import { aMember } from "../support/controller-house.js";
import { generatedEntry, modelsPyCase } from "../support/models-py-files.js";

const { signal } = new AbortController();
let cluster: ClassicCluster;
afterEach(() => cluster.close());

const wish: ClassicAddWish = {
  entry: { id: "my-llama", layers: 32, engine: "mlx", repo: "mlx-community/my-llama", label: "My Llama" },
  model: "my-llama",
  accepted: [],
  whenDifferent: "report",
  effect: "write",
};
const add = (changes: Partial<ClassicAddWish> = {}, on?: readonly string[]) =>
  cluster.work.addClassicEntry(
    { wish: { ...wish, ...changes }, ...(on === undefined ? {} : { on }) },
    cluster.report,
    signal,
  );
const remove = (id = "my-llama") =>
  cluster.work.removeClassicEntry({ wish: { id, effect: "write" } }, cluster.report, signal);
const outcomes = (report: { readonly nodes: readonly { readonly outcome: string }[] }) =>
  report.nodes.map(({ outcome }) => outcome);
const node = (index: number) => {
  const found = cluster.nodes[index];
  if (found === undefined) throw new Error(`there is no node ${index}`);
  return found;
};
const denied = Object.assign(new Error("EROFS: read-only file system"), { code: "EROFS" });

describe("one entry on every node", () => {
  test("is written everywhere, found again as the same, and taken back byte for byte", async () => {
    cluster = await openClassicCluster([modelsPyText, modelsPyText, modelsPyText]);
    const shown = await add({ effect: "show" });
    expect(shown).toMatchObject({ outcome: "would-write", comparison: null });
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText, modelsPyText]);

    const done = await add();
    expect(done).toMatchObject({ outcome: "done", comparison: { entry: "same", files: "same", differences: [] } });
    expect(outcomes(done)).toEqual(["added", "added", "added"]);
    expect(done.comparison?.groups).toEqual([
      { digest: done.nodes[0]?.report?.digests?.after, nodes: ["studio-1", "studio-2", "studio-3"] },
    ]);
    expect(cluster.told).toContainEqual({ kind: "end", text: "write models.py on studio-2", outcome: "added" });

    expect(await add()).toMatchObject({ outcome: "unchanged", comparison: { files: "same" } });
    const { nodes } = await cluster.work.listClassicEntries({});
    expect(nodes.map(({ description }) => description?.entries)).toEqual(
      Array.from({ length: 3 }, () => [{ entry: wish.entry, by: "exoctl" }]),
    );
    expect(await remove()).toMatchObject({ outcome: "done", comparison: { entry: "same", files: "same" } });
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText, modelsPyText]);
    expect(outcomes(await remove())).toEqual(["absent", "absent", "absent"]);
  });

  test("is written into each file's own hand, and files that differed before are named as such", async () => {
    const texts = usableTexts(4);
    cluster = await openClassicCluster(texts);
    const entry = { ...generatedEntry };
    const done = await add({ entry, model: entry.id, accepted: ["model_class_missing"] });
    expect(done).toMatchObject({ outcome: "done", comparison: { entry: "same", files: "differs" } });
    expect(done.comparison?.differences.length).toBeGreaterThan(0);
    for (const text of done.comparison?.differences ?? [])
      expect(text).toMatch(/differs from that on .*as it did before$/);
    expect(await remove(entry.id)).toMatchObject({ outcome: "done" });
    expect(await cluster.texts()).toEqual(texts);
  });

  test("goes to named nodes only, and the one left out is not compared", async () => {
    cluster = await openClassicCluster([modelsPyText, modelsPyText, modelsPyText]);
    const done = await add({}, ["studio-1", "studio-3"]);
    expect(done.nodes.map((each) => each.node)).toEqual(["studio-1", "studio-3"]);
    expect(await node(1).text()).toBe(modelsPyText);
    const listed = await cluster.work.listClassicEntries({});
    expect(listed.comparison).toMatchObject({ entry: "differs", files: "differs" });
    expect(listed.comparison.differences[0]).toContain("absent on studio-2");
  });
});

/** Generated files of different hands that say nothing about the entry and can be edited. */
function usableTexts(count: number): readonly string[] {
  const texts: string[] = [];
  for (let seed = 1; texts.length < count; seed += 1) {
    const made = modelsPyCase(seed);
    if (made.about === "nothing") texts.push(made.text);
  }
  return texts;
}

describe("all or nothing", () => {
  test("a node whose file can't be edited keeps every other from being written", async () => {
    cluster = await openClassicCluster([modelsPyText, "model_cards = build()\n", modelsPyText]);
    const report = await add();
    expect(report).toMatchObject({ outcome: "not-possible", comparison: null });
    expect(outcomes(report)).toEqual(["would-write", "refused", "would-write"]);
    expect(report.nodes[1]?.report?.refusals[0]?.code).toBe("built_by_code");
    expect(await cluster.texts()).toEqual([modelsPyText, "model_cards = build()\n", modelsPyText]);
  });

  test("a read-only node undoes what was written before it", async () => {
    cluster = await openClassicCluster([modelsPyText, modelsPyText, modelsPyText]);
    node(1).changes.rename = async () => Promise.reject(denied);
    const report = await add();
    expect(report.outcome).toBe("reverted");
    expect(outcomes(report)).toEqual(["reverted", "refused", "untouched"]);
    expect(report.nodes[1]?.report?.refusals[0]?.code).toBe("no_permission");
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText, modelsPyText]);
  });

  test("an earlier entry about the same model survives the undoing of its replacement", async () => {
    cluster = await openClassicCluster([modelsPyText, modelsPyText]);
    await add();
    const before = await cluster.texts();
    node(1).changes.rename = async () => Promise.reject(denied);
    const report = await add({ entry: { ...wish.entry, layers: 40 }, whenDifferent: "replace" });
    expect(outcomes(report)).toEqual(["reverted", "refused"]);
    expect(await cluster.texts()).toEqual(before);
    node(1).changes.rename = rename;
    expect(await remove()).toMatchObject({ outcome: "done" });
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText]);
  });

  test("a removal that fails midway is put back", async () => {
    cluster = await openClassicCluster([modelsPyText, modelsPyText]);
    await add();
    const before = await cluster.texts();
    node(1).changes.rename = async () => Promise.reject(denied);
    const report = await remove();
    expect(report.outcome).toBe("reverted");
    expect(outcomes(report)).toEqual(["reverted", "refused"]);
    expect(await cluster.texts()).toEqual(before);
  });

  test("a file that is edited by somebody between the look and the write is left alone", async () => {
    cluster = await openClassicCluster([modelsPyText, modelsPyText]);
    const mine = "# mine\n";
    let looks = 0;
    node(1).changes.stat = (async (path: string) => {
      // The second look at the file is the one before it is written.
      if (path === node(1).file && ++looks === 4) await appendFile(node(1).file, mine);
      return await (await import("node:fs/promises")).stat(path);
    }) as never;
    const report = await add();
    expect(report.outcome).toBe("reverted");
    expect(outcomes(report)).toEqual(["reverted", "refused"]);
    expect(report.nodes[1]?.report?.refusals[0]?.code).toBe("changed_meanwhile");
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText + mine]);
  });

  test.each(["before", "after"])(
    "an agent killed right %s it wrote is unknown, and the others are as before",
    async (when) => {
      cluster = await openClassicCluster([modelsPyText, modelsPyText, modelsPyText]);
      node(1).changes.rename = async (from, to) => {
        if (when === "after" && to === node(1).file) await rename(from, to);
        if (to !== node(1).file) return await rename(from, to);
        await node(1).kill();
        throw new Error("killed");
      };
      const report = await add();
      expect(report.outcome).toBe("not-reverted");
      expect(outcomes(report)).toEqual(["reverted", "unknown", "untouched"]);
      expect(await node(0).text()).toBe(modelsPyText);
      expect(await node(2).text()).toBe(modelsPyText);

      node(1).changes.rename = rename;
      await node(1).restart();
      const { comparison } = await cluster.work.listClassicEntries({});
      expect(comparison.entry).toBe(when === "after" ? "differs" : "same");
      expect(await add()).toMatchObject({ outcome: "done", comparison: { entry: "same", files: "same" } });
    },
  );
});

describe("nodes that can't be asked", () => {
  test("a silent node is named, and nothing is changed unless it is left out", async () => {
    cluster = await openClassicCluster([modelsPyText]);
    cluster.others.push({ member: aMember("studio-9"), trouble: "the agent at 10.0.0.9:8417 cannot be reached" });
    await expect(add()).rejects.toMatchObject({ kind: "unreachable", code: "silent_nodes" });
    await expect(add()).rejects.toThrow(/studio-9 does not answer \(the agent at 10.0.0.9:8417/);
    await expect(add()).rejects.toMatchObject({ hint: expect.stringContaining("--on studio-1") });
    expect(await readFile(node(0).file, "utf8")).toBe(modelsPyText);
    expect(await add({}, ["studio-1"])).toMatchObject({ outcome: "done" });
    const { nodes } = await cluster.work.listClassicEntries({});
    expect(nodes.map(({ trouble }) => trouble)).toEqual([null, "the agent at 10.0.0.9:8417 cannot be reached"]);
  });

  test("an agent that goes away before it is asked counts as one that can't", async () => {
    cluster = await openClassicCluster([modelsPyText, modelsPyText]);
    await node(1).kill();
    const report = await add();
    expect(report.outcome).toBe("not-possible");
    expect(outcomes(report)).toEqual(["would-write", "no-answer"]);
    expect(await cluster.texts()).toEqual([modelsPyText, modelsPyText]);
  });

  test("a name that no node has, and a cluster without exo 0.0.x", async () => {
    cluster = await openClassicCluster([modelsPyText]);
    await expect(add({}, ["studio-7"])).rejects.toMatchObject({ kind: "usage", code: "unknown_node" });
    await cluster.close();
    cluster = await openClassicCluster([]);
    await expect(add()).rejects.toMatchObject({ kind: "usage", code: "no_classic_exo" });
  });
});

test("a field that is wrong is refused by the agent, by its name and without its value", async () => {
  cluster = await openClassicCluster([modelsPyText]);
  const { classic } = node(0).link;
  const bad = { ...wish, entry: { ...wish.entry, id: "../evil", layers: 0 } };
  await expect(classic.add(bad, signal)).rejects.toMatchObject({
    code: "invalid",
    message: expect.stringContaining("layers:"),
  });
  await expect(classic.add({ ...wish, accepted: ["everything"] }, signal)).rejects.toMatchObject({ code: "invalid" });
  await expect(classic.add({ ...wish, expected: "abc" }, signal)).rejects.toMatchObject({ code: "invalid" });
  expect(await node(0).text()).toBe(modelsPyText);
});
