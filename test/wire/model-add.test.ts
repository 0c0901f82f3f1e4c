import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { smallGptOss } from "../support/fake-model.js";
import { mlxFolder, writeFolder } from "../support/fake-model-files.js";
import { type CliRun, createCliSandbox, runCli, startCli } from "../support/run-cli.js";
import { waitUntil } from "../support/wait-until.js";

const longMs = 120_000;
const id = "exoctl/gpt-oss-20b-MXFP4-Q8";
const weights = "mlx-community/gpt-oss-20b-MXFP4-Q8";
const nodes = ["studio-1", "studio-2"];

/** A whole simulated cluster: real agents, real gRPC, exos that keep what they have read as the real ones do. */
describe("exoctl model add and remove", () => {
  const sandbox = createCliSandbox();
  let up: CliRun;
  const home = (node: string): string =>
    join(readFileSync(`${sandbox.home}/simulation`, "utf8").trim(), "macs", node, "exo");
  const card = (node: string): string =>
    join(home(node), "custom_model_cards/exoctl/exoctl--gpt-oss-20b-MXFP4-Q8.exoctl.toml");
  const folder = (node: string): string => join(home(node), "models/mlx-community--gpt-oss-20b-MXFP4-Q8");
  const model = async (...args: string[]) => {
    const { code, stdout, stderr } = await runCli(sandbox, ["model", ...args, "-o", "json"]);
    return { code, stderr, summary: stdout === "" ? undefined : JSON.parse(stdout) };
  };
  const each = (part: object) => nodes.map((node) => expect.objectContaining({ node, ...part }));

  beforeAll(async () => {
    writeFolder(join(sandbox.home, "mlx_models", "gpt-oss-mine"), mlxFolder(smallGptOss, "MXFP4-Q8"));
    const mac = { chip: "M2 Max", memoryGb: 96, weights: "complete" };
    const macs = [
      { ...mac, name: "studio-1", modelsFolders: ["mlx_models"] },
      { ...mac, name: "studio-2" },
    ];
    const simulation = join(sandbox.home, "simulation.json");
    writeFileSync(simulation, JSON.stringify({ macs, tokenScale: 0 }));
    up = startCli(sandbox, ["up", "--simulate", simulation, "-o", "json", "--listen", "127.0.0.1:0"]);
    await up.line((line) => line.trim() === "}");
    // Somebody has put the files there.
    for (const node of nodes) {
      mkdirSync(folder(node));
      writeFileSync(join(folder(node), "model.safetensors"), "x".repeat(1_000));
      const index = { metadata: {}, weight_map: { "model.embed.weight": "model.safetensors" } };
      writeFileSync(join(folder(node), "model.safetensors.index.json"), JSON.stringify(index));
    }
  }, longMs);

  afterAll(async () => {
    up.child.kill("SIGTERM");
    await up.done;
    sandbox.remove();
  });

  test(
    "writes the entry on every node, proves that exo lists it, and does so once",
    async () => {
      const seen = await model("add", "gpt-oss-20b", "--dry-run");
      expect(seen.summary.nodes).toEqual(each({ entry: "absent", weights: "present", exo: "does-not-list-it" }));
      expect(existsSync(card("studio-1"))).toBe(false);
      const added = await model("add", "gpt-oss-20b");
      expect(added).toMatchObject({ code: 0, summary: { entry: id, weightsOf: weights, isNew: true } });
      expect(added.summary.nodes).toEqual(each({ entry: "created", weights: "linked", exo: "lists-it" }));
      const again = await model("add", "gpt-oss-20b");
      expect(again.summary).toMatchObject({ isNew: false });
      expect(again.summary.nodes).toEqual(each({ entry: "unchanged", weights: "already-linked", exo: "lists-it" }));
      for (const node of nodes) expect(readFileSync(card(node), "utf8")).toContain(`model_id = "${id}"`);
    },
    longMs,
  );

  test(
    "keeps it there: an entry that somebody deletes comes back, although nothing runs it",
    async () => {
      rmSync(card("studio-2"));
      await waitUntil(() => existsSync(card("studio-2")), "the card to be written again");
    },
    longMs,
  );

  test("refuses bad requests in words, and changes nothing", async () => {
    const cases: readonly (readonly [string[], number, string])[] = [
      [["add", "gpt-oss-999b"], 2, "gpt-oss-120b"],
      [["add", "gpt-oss-20b", "--on", "studio-9"], 2, "studio-1, studio-2"],
      [["add", "gpt-oss-20b", "--layers", "3"], 2, "--classic"],
      [["remove", "nobody/knows"], 2, "model list"],
      [["remove", "gpt-oss-20b", "--files", "--named", "mlx-community/other"], 2, `--named ${weights}`],
      [["remove", "gpt-oss-20b", "--named", weights], 2, "--files"],
      [["remove", "gpt-oss-120b"], 1, "models:"],
    ];
    for (const [args, code, hint] of cases) {
      const refused = await model(...args);
      expect([refused.code, refused.summary], args.join(" ")).toEqual([code, undefined]);
      expect(refused.stderr).toContain(hint);
    }
    expect(existsSync(card("studio-1"))).toBe(true);
  });

  test(
    "goes on one node alone, and stays on the other",
    async () => {
      const gone = await model("remove", "gpt-oss-20b", "--on", "studio-2");
      expect(gone.summary.nodes).toEqual([{ node: "studio-2", entries: [id], exo: "forgot-it", folders: [] }]);
      expect([existsSync(card("studio-1")), existsSync(card("studio-2"))]).toEqual([true, false]);
      expect(readdirSync(join(home("studio-2"), "models"))).not.toContain("exoctl--gpt-oss-20b-MXFP4-Q8");
      expect((await model("add", "gpt-oss-20b")).summary.isNew).toBe(true);
    },
    longMs,
  );

  test(
    "without being named, files of others are shown and kept; entries and links go, and exo forgets them",
    async () => {
      const seen = await model("remove", "gpt-oss-20b", "--files", "--dry-run");
      const bytes = 1_000 + readFileSync(join(folder("studio-1"), "model.safetensors.index.json")).byteLength;
      const kept = { bytes, files: 2, placedBy: null, outcome: "kept" };
      expect(seen.summary.nodes).toEqual(each({ entries: [id], folders: [expect.objectContaining(kept)] }));
      const gone = await model("remove", "gpt-oss-20b", "--files");
      expect(gone.code).toBe(0);
      expect(gone.summary.nodes).toEqual(
        each({ entries: [id], exo: "forgot-it", folders: [expect.objectContaining(kept)] }),
      );
      for (const node of nodes) {
        expect(existsSync(card(node))).toBe(false);
        expect(existsSync(folder(node))).toBe(true);
        expect(readdirSync(join(home(node), "custom_model_cards"))).toEqual(["exoctl"]);
      }
    },
    longMs,
  );

  test(
    "named, they go as well, and a second time there is nothing to do",
    async () => {
      const gone = await model("remove", weights, "--files", "--named", weights);
      expect(gone.code).toBe(0);
      expect(gone.summary.nodes).toEqual(
        each({ entries: [], folders: [expect.objectContaining({ outcome: "removed", placedBy: null })] }),
      );
      for (const node of nodes) expect(readdirSync(join(home(node), "models")).join()).not.toContain("gpt-oss-20b");
      const again = await model("remove", "gpt-oss-20b", "--files", "--named", weights);
      expect([again.code, again.summary.nodes]).toEqual([0, each({ entries: [], folders: [] })]);
    },
    longMs,
  );

  test(
    "a conversion in a folder of one node is added by what its files are, and removing it leaves the folder alone",
    async () => {
      const added = await model("add", "./mlx_models/gpt-oss-mine");
      expect(added).toMatchObject({
        code: 0,
        summary: { entry: "local/gpt-oss-mine", weightsOf: "local/gpt-oss-mine" },
      });
      expect(added.summary.nodes).toMatchObject([
        { node: "studio-1", entry: "created", weights: "linked", exo: "lists-it" },
        { node: "studio-2", entry: "created", weights: "missing", exo: "lists-it" },
      ]);
      const cards = join(home("studio-2"), "custom_model_cards/exoctl");
      const text = readFileSync(join(cards, "local--gpt-oss-mine.exoctl.toml"), "utf8");
      expect(text).toContain(`n_layers = ${smallGptOss.layers}\n`);
      expect(text).toContain(`in_bytes = ${added.summary.storageBytes}\n`);
      const gone = await model("remove", "gpt-oss-mine", "--files", "--named", "local/gpt-oss-mine");
      expect(gone.code).toBe(0);
      expect(gone.summary.nodes).toEqual(each({ entries: ["local/gpt-oss-mine"], exo: "forgot-it", folders: [] }));
      for (const node of nodes) expect(readdirSync(join(home(node), "models"))).not.toContain("local--gpt-oss-mine");
      expect(readdirSync(join(sandbox.home, "mlx_models", "gpt-oss-mine"))).toContain("config.json");
    },
    longMs,
  );
});
