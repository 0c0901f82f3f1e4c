import { access, mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readExoVariant } from "../../src/cluster/exo-variant.js";
import type { SimulatedVariant } from "../../src/simulate/exo/simulated-variant.js";
import { defaultSimulation } from "../../src/simulate/simulated-cluster-spec.js";
import { type SimulatedExo, type SimulatedExoCluster, startSimulatedExos } from "../support/simulated-exos.js";
import { call, chatBody, formed, ready, stateOf, until } from "../support/simulated-http.js";
import { builtinModel, embeddedCard, ringInstance } from "../support/simulated-instance.js";

let folder: string;
let cluster: SimulatedExoCluster;
let exo: SimulatedExo;

const start = async (variant: SimulatedVariant): Promise<void> => {
  const macs = defaultSimulation(2).macs.map(({ profile }) => profile);
  cluster = await startSimulatedExos({ macs, folder, variant });
  [exo] = cluster.nodes as [SimulatedExo];
  await formed(cluster.nodes);
};
const card = (modelId: string, rest = ""): string => `model_id = "${modelId}"
n_layers = 36
hidden_size = 2880
supports_tensor = true
tasks = ["TextGeneration"]
${rest}
[storage_size]
in_bytes = 63254703744
`;
const writeCard = async (name: string, text: string): Promise<string> => {
  const file = join(exo.home, "custom_model_cards", name);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
};
const listed = async (): Promise<string[]> =>
  (await call(exo, "GET", "/models")).json.data.map((model: { id: string }) => model.id);
const rescan = (modelId: string) => call(exo, "GET", `/instance/placement?model_id=${encodeURIComponent(modelId)}`);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulated-exo-"));
});

afterEach(async () => {
  await cluster.close();
  await rm(folder, { recursive: true });
});

describe("1.0.71", () => {
  test("is told apart by the fields of its cards", async () => {
    await start("1.0.71");
    const variant = readExoVariant((await call(exo, "GET", "/openapi.json")).json);
    expect(variant?.label).toBe("1.0.71");
    expect(variant?.requiredCardFields).toEqual(
      ["hidden_size", "model_id", "n_layers", "storage_size", "supports_tensor", "tasks"].toSorted(),
    );
  });

  test("lists a new card only after an unknown id was loaded, from any sub-folder", async () => {
    await start("1.0.71");
    await writeCard("exoctl/ours.toml", card("exoctl/gpt-oss-120b-MXFP4-Q8"));
    expect(await listed()).toEqual([builtinModel, "mlx-community/gpt-oss-20b-MXFP4-Q8"]);
    expect((await rescan("exoctl/gpt-oss-120b-MXFP4-Q8")).status).toBe(200);
    expect(await listed()).toContain("exoctl/gpt-oss-120b-MXFP4-Q8");
  });

  test.each([
    ["an unknown key", 'backends = ["MlxMetal"]'],
    ["a wrong type", "context_length = 131072.0"],
    ["broken TOML", "family = "],
  ])("skips a card with %s without a word", async (_name, line) => {
    await start("1.0.71");
    await writeCard("bad.toml", card("local/gpt-oss-bad", line));
    expect((await rescan("local/gpt-oss-bad")).status).toBe(500);
    expect(await listed()).not.toContain("local/gpt-oss-bad");
    // Looking for the model's files leaves an empty folder behind.
    await access(join(exo.home, "models", "local--gpt-oss-bad"));
  });

  test("a built-in card can't be overridden", async () => {
    await start("1.0.71");
    await writeCard("mine.toml", card(builtinModel));
    await rescan("nobody/knows-it");
    const { data } = (await call(exo, "GET", "/v1/models")).json;
    expect(data.find((model: { id: string }) => model.id === builtinModel)).toMatchObject({
      storage_size_megabytes: 67_379,
      is_custom: false,
    });
  });

  test("adds a model from its own files, on every node", async () => {
    await start("1.0.71");
    for (const { home } of cluster.nodes)
      await symlink(
        join(home, "models", "mlx-community--gpt-oss-120b-MXFP4-Q8"),
        join(home, "models", "local--gpt-oss"),
      );
    const added = await call(exo, "POST", "/models/add", { model_id: "local/gpt-oss" });
    expect(added.json).toMatchObject({ id: "local/gpt-oss", is_custom: true, storage_size_megabytes: 60_324 });
    const other = cluster.nodes[1]?.home ?? "";
    await until("the card on the other node", () =>
      access(join(other, "custom_model_cards", "local--gpt-oss.toml")).then(
        () => true,
        () => false,
      ),
    );
    const refused = await call(exo, "POST", "/models/add", { model_id: "nobody/knows-it" });
    expect([refused.status, refused.json.error.type]).toEqual([400, "Bad Request"]);
  });
});

describe("newer", () => {
  test("needs backends, in cards and in instances", async () => {
    await start("newer");
    const variant = readExoVariant((await call(exo, "GET", "/openapi.json")).json);
    expect(variant?.requiredCardFields).toContain("backends");
    await writeCard("old.toml", card("local/old"));
    await writeCard("sub/new.toml", card("local/new", 'backends = ["MlxMetal"]'));
    expect((await rescan("local/old")).status).toBe(500);
    expect(await listed()).toContain("local/new");
    const posted = await call(exo, "POST", "/instance", ringInstance([{ exo, startLayer: 0, endLayer: 36 }]));
    expect(posted.json.detail[0]).toMatchObject({ type: "missing", msg: "Field required" });
    expect((await stateOf(exo)).nodeBackends[exo.nodeId]).toEqual(["MlxCpu", "MlxMetal"]);
  });

  test("deletes hand-written cards with a canonical name, and no others", async () => {
    await start("newer");
    const canonical = await writeCard("local--canonical.toml", card("local/canonical", 'backends = ["MlxMetal"]'));
    const nested = await writeCard("exoctl/nested.toml", card("local/nested", 'backends = ["MlxMetal"]'));
    await rescan("local/nested");
    await until("the canonical file to vanish", () =>
      access(canonical).then(
        () => false,
        () => true,
      ),
    );
    await access(nested);
    expect(await listed()).toContain("local/nested");
  });

  test("says that an instance exists, not that it is ready", async () => {
    await start("newer");
    const waited = await call(exo, "GET", "/instance/await?model_id=nobody/knows-it&timeout_seconds=0.05");
    expect(waited.text).toContain('data: {"type":"timeout","message":"No instance found for model nobody/knows-it"}');
    expect((await call(exo, "GET", "/ollama/api/version")).json).toEqual({ version: "1.0.0" });
  });

  test("omits nulls in streams", async () => {
    await start("newer");
    const [one, two] = cluster.nodes as [SimulatedExo, SimulatedExo];
    const shards = [
      { exo: one, startLayer: 0, endLayer: 18 },
      { exo: two, startLayer: 18, endLayer: 36 },
    ];
    const withBackends = { ...embeddedCard(), backends: ["MlxMetal"] };
    await ready(one, shards, "newer-1", { card: withBackends });
    const answer = await call(one, "POST", "/v1/chat/completions", chatBody("What is 2+2?", { stream: true }));
    const chunks = answer.text.split("\n\n").filter((line) => line.startsWith("data: {"));
    expect(chunks.join()).not.toContain("null");
    const [first] = chunks.map((chunk) => JSON.parse(chunk.slice(6)));
    expect(first.choices).toEqual([{ index: 0, delta: { role: "assistant", reasoning_content: "The" } }]);
    await until("both to be ready again", async () => {
      const statuses: unknown[] = Object.values((await stateOf(one)).runners);
      return statuses.every((status) => JSON.stringify(status) === '{"RunnerReady":{"prefillServerPort":null}}');
    });
  });
});
