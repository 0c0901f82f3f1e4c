import { readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallGptOss } from "../support/fake-model.js";
import { mlxFolder, writeFolder } from "../support/fake-model-files.js";
import { type CliRun, createCliSandbox, runCli, startCli } from "../support/run-cli.js";

const longMs = 120_000;
const sandbox = createCliSandbox();
let up: CliRun;

/** Two of three Macs have a conversion in a folder of their own, and exo downloads nothing. */
beforeAll(async () => {
  writeFolder(join(sandbox.home, "mlx_models", "gpt-oss-mine"), mlxFolder(smallGptOss, "MXFP4-Q8"));
  const mac = (name: string, more: object) => ({
    name,
    chip: "M2 Max",
    memoryGb: 64,
    internet: "none",
    weights: "none",
    ...more,
  });
  const has = { modelsFolders: ["mlx_models"] };
  const simulation = join(sandbox.home, "simulation.json");
  writeFileSync(
    simulation,
    JSON.stringify({ macs: [mac("studio-1", has), mac("studio-2", {}), mac("studio-3", has)], tokenScale: 0 }),
  );
  const clusterFile = join(sandbox.home, "cluster.yaml");
  writeFileSync(
    clusterFile,
    "apiVersion: exoctl/v1\nmodels: [{ name: gpt-oss-20b, source: /anywhere/gpt-oss-mine, serve: { minNodes: 2 } }]\n",
  );
  up = startCli(sandbox, ["up", "--simulate", simulation, "-f", clusterFile, "-o", "json", "--listen", "127.0.0.1:0"]);
  await up.line((line) => line.trim() === "}");
}, longMs);

afterAll(async () => {
  up.child.kill("SIGKILL");
  await up.done;
  sandbox.remove();
});

test("a model whose source is a folder runs from it, on the nodes that have it, with the true numbers", async () => {
  const [model] = JSON.parse((await runCli(sandbox, ["status", "-o", "json"])).stdout).models;
  expect(model).toMatchObject({ name: "gpt-oss-20b", state: "ready", layers: smallGptOss.layers });
  expect(model.stages.map(({ node }: { node: string }) => node).toSorted()).toEqual(["studio-1", "studio-3"]);
  expect(model.stages.at(-1).endLayer).toBe(smallGptOss.layers);
});

test("every node has the card with the true size; the ones with files have a link to them", () => {
  const folder = readFileSync(`${sandbox.home}/simulation`, "utf8").trim();
  for (const name of ["studio-1", "studio-2", "studio-3"]) {
    const card = readFileSync(
      `${folder}/macs/${name}/exo/custom_model_cards/exoctl/exoctl--gpt-oss-20b-MXFP4-Q8.exoctl.toml`,
      "utf8",
    );
    expect(card).toContain(`n_layers = ${smallGptOss.layers}\n`);
  }
  expect(readlinkSync(`${folder}/macs/studio-1/exo/models/exoctl--gpt-oss-20b-MXFP4-Q8`)).toBe(
    join(sandbox.home, "mlx_models", "gpt-oss-mine"),
  );
});

test("it answers through the gateway", async () => {
  const started = await runCli(sandbox, ["env", "-o", "json"]);
  const client = new OpenAI({ baseURL: JSON.parse(started.stdout).env.OPENAI_BASE_URL, apiKey: "none" });
  const messages = [{ role: "user" as const, content: "What is 2+2?" }];
  const answer = await client.chat.completions.create({ model: "gpt-oss-20b", messages });
  expect(answer.choices[0]?.message.content).toMatch(/^\[simulated\] .*4/s);
});

test("the plan says why a node takes no layers, and how that is mended", async () => {
  const plan = JSON.parse((await runCli(sandbox, ["plan", "-o", "json"])).stdout);
  expect(plan.reasons).toContainEqual({
    code: "no_weights",
    message: expect.stringContaining("studio-2 takes no layers: the files of local/gpt-oss-mine"),
    fix: "Copy them: exoctl model sync local/gpt-oss-mine",
  });
});

test("a conversion that nobody has added is refused with the command that adds it", async () => {
  const { code, stderr } = await runCli(sandbox, ["run", "gpt-oss-mine", "hello"]);
  expect(code).toBe(2);
  expect(stderr).toContain("exoctl model add local/gpt-oss-mine");
});
