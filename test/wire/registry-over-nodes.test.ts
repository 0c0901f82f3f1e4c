import { readFileSync } from "node:fs";
import { mkdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ListedOnNode, ModelListing } from "../../src/controller/model-list/model-list-api.js";
import { type CliRun, createCliSandbox, runCli, startCli } from "../support/run-cli.js";
import { until } from "../support/simulated-http.js";

const sandbox = createCliSandbox();
const nodes = ["studio-1", "studio-2", "studio-3"];
const entryId = "exoctl/gpt-oss-120b-MXFP4-Q8";
const weightsId = "mlx-community/gpt-oss-120b-MXFP4-Q8";
let up: CliRun;
let gateway: string;
let macs: string;

beforeAll(async () => {
  up = startCli(sandbox, ["up", "--simulate", "-o", "json", "--listen", "127.0.0.1:0"]);
  await up.line((line) => line.trim() === "}");
  gateway = JSON.parse((await runCli(sandbox, ["env", "-o", "json"])).stdout).env.OPENAI_BASE_URL;
  macs = join(readFileSync(join(sandbox.home, "simulation"), "utf8").trim(), "macs");
}, 120_000);

afterAll(async () => {
  up.child.kill("SIGTERM");
  await up.done;
  sandbox.remove();
});

const cardOf = (node: string): string =>
  join(macs, node, "exo/custom_model_cards/exoctl/exoctl--gpt-oss-120b-MXFP4-Q8.exoctl.toml");
const folderOf = (node: string, id: string): string => join(macs, node, "exo/models", id.replace("/", "--"));
const status = async () => JSON.parse((await runCli(sandbox, ["status", "-o", "json"])).stdout);
const list = async (): Promise<ModelListing> =>
  JSON.parse((await runCli(sandbox, ["model", "list", "-o", "json"])).stdout);
const rowsOf = (listing: ModelListing, id: string): readonly ListedOnNode[] =>
  listing.models.find(({ modelId }) => modelId === id)?.nodes ?? [];
const text = (path: string): Promise<string> => readFile(path, "utf8").catch(() => "");
const target = (path: string): Promise<string> => readlink(path).catch(() => "");

describe("model list", () => {
  test("shows every node's card and files of what runs, and of where its weights come from", async () => {
    const listing = await list();
    expect(listing).toMatchObject({ simulated: true, gaps: [] });
    const complete = { state: "complete", present: 13, named: 13 };
    const entry = {
      card: "ours",
      exo: "listed",
      findings: [],
      files: { ...complete, from: "link", linkTo: weightsId },
    };
    expect(rowsOf(listing, entryId)).toMatchObject(nodes.map((node) => ({ node, ...entry })));
    const published = { card: "built-in", exo: "listed", files: { ...complete, from: "other" } };
    expect(rowsOf(listing, weightsId)).toMatchObject(nodes.map((node) => ({ node, ...published })));
    const served = listing.models.filter(({ servedAs }) => servedAs.length > 0);
    expect(served.map(({ modelId, servedAs }) => [modelId, servedAs])).toEqual([[entryId, ["gpt-oss-120b"]]]);
    const { stdout } = await runCli(sandbox, ["model", "list"]);
    for (const line of stdout.split("\n")) expect(line.length).toBeLessThanOrEqual(100);
    const all = await runCli(sandbox, ["model", "list", "--all"]);
    expect(all.stdout).toContain("gpt-oss-20b");
    expect(stdout).not.toContain("gpt-oss-20b");
  });

  test("says what is needed without a controller, and what makes no sense", async () => {
    const alone = createCliSandbox();
    try {
      const none = await runCli(alone, ["model", "list"]);
      expect([none.code, none.stdout]).toEqual([4, ""]);
      expect(none.stderr).toContain("--folder DIR");
      const both = await runCli(alone, ["model", "list", "--all", "--folder", alone.temp]);
      expect(both.code).toBe(2);
    } finally {
      alone.remove();
    }
  });
});

describe("while the model serves on", () => {
  test("an edited card, a deleted card, a deleted link and one led elsewhere are mended on every node", async () => {
    const before = await status();
    const right = await Promise.all(nodes.map((node) => text(cardOf(node))));
    const client = new OpenAI({ baseURL: gateway, apiKey: "none", maxRetries: 0 });
    let asking = true;
    const answers: (string | null | undefined)[] = [];
    const ask = async (): Promise<void> => {
      while (asking) {
        const messages = [{ role: "user" as const, content: "What is 2+2?" }];
        const answer = await client.chat.completions.create({ model: "gpt-oss-120b", messages });
        answers.push(answer.choices[0]?.message.content);
      }
    };
    const asked = ask();
    await writeFile(cardOf("studio-1"), right[0]?.replace(/in_bytes = \d+/, "in_bytes = 5") ?? "");
    await rm(folderOf("studio-1", entryId));
    await rm(cardOf("studio-2"));
    await mkdir(folderOf("studio-3", "someone/else"));
    await rm(folderOf("studio-3", entryId));
    await symlink(folderOf("studio-3", "someone/else"), folderOf("studio-3", entryId));
    await until("everything is mended", async () => {
      const cards = await Promise.all(nodes.map((node) => text(cardOf(node))));
      const links = await Promise.all(nodes.map((node) => target(folderOf(node, entryId))));
      const isRight = links.every((link, index) => link === folderOf(nodes[index] ?? "", weightsId));
      return JSON.stringify(cards) === JSON.stringify(right) && isRight;
    });
    await until("the list knows it", async () =>
      rowsOf(await list(), entryId).every(({ findings }) => findings.map(({ code }) => code).join() === "mended"),
    );
    asking = false;
    await asked;
    const after = await status();
    expect(after.models[0]).toMatchObject({ state: "ready", instance: before.models[0].instance });
    expect(after.problems).toEqual([]);
    expect(answers.length).toBeGreaterThan(0);
    for (const answer of answers) expect(answer).toContain("4");
  });

  test("a second card is a problem until its owner takes it away", async () => {
    const second = join(macs, "studio-2", "exo/custom_model_cards/mine.toml");
    await writeFile(second, `model_id = "${entryId}"\n`);
    await until("it is told", async () => (await status()).problems.some((line: string) => line.includes(second)));
    expect(rowsOf(await list(), entryId)[1]?.findings).toMatchObject([
      { code: "foreign-card", since: expect.any(Number) },
    ]);
    expect(await text(second)).toContain(entryId);
    await rm(second);
    await until("it is over", async () => (await status()).problems.length === 0);
  });

  test("files that exo does not know are found", async () => {
    const folder = folderOf("studio-3", "local/mine");
    await mkdir(folder);
    await writeFile(
      join(folder, "model.safetensors.index.json"),
      '{"weight_map":{"a":"a.safetensors","b":"b.safetensors"}}',
    );
    await writeFile(join(folder, "a.safetensors"), "a");
    const mine = async () => rowsOf(await list(), "local/mine")[2];
    await until("they are listed", async () => (await mine()) !== undefined);
    expect(await mine()).toMatchObject({
      card: "none",
      exo: "not-listed",
      files: { state: "partial", present: 1, named: 2 },
    });
    await writeFile(join(folder, "b.safetensors"), "b");
    await until("they are complete", async () => (await mine())?.files.state === "complete");
    expect((await mine())?.findings.map(({ code }) => code)).toEqual(["no-card"]);
  });
});
