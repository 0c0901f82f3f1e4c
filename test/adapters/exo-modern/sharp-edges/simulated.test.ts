import { access, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ModernExo, openModernExo } from "../../../../src/adapters/exo-modern/open-modern-exo.js";
import { malformedMark } from "../../../../src/simulate/exo/token-plan.js";
import { defaultSimulation } from "../../../../src/simulate/simulated-cluster-spec.js";
import { type SimulatedExo, type SimulatedExoCluster, startSimulatedExos } from "../../../support/simulated-exos.js";
import { call, chatBody, formed, ready, stateOf, until } from "../../../support/simulated-http.js";
import { builtinModel, embeddedCard } from "../../../support/simulated-instance.js";

const signal = new AbortController().signal;
let folder: string;
let cluster: SimulatedExoCluster;
let nodes: readonly SimulatedExo[];
let exo: ModernExo;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "sharp-edges-"));
  const macs = defaultSimulation(3).macs.map(({ profile }) => profile);
  cluster = await startSimulatedExos({ macs, folder, variant: "newer" });
  nodes = cluster.nodes;
  await formed(nodes);
  exo = openModernExo(at(0).address, { tokenSilenceMs: 300 });
});

afterAll(async () => {
  await exo.close();
  await cluster.close();
  await rm(folder, { recursive: true });
});

function at(index: number): SimulatedExo {
  const found = nodes[index];
  if (found === undefined) throw new Error(`no node ${index}`);
  return found;
}

const shards = (first: SimulatedExo, second: SimulatedExo) => [
  { exo: first, startLayer: 0, endLayer: 20 },
  { exo: second, startLayer: 20, endLayer: 36 },
];
const card = { card: { ...embeddedCard(), backends: ["MlxMetal"] } };

describe("sharp edge 17: card files vanish from the newest exo", () => {
  const text = (id: string): string =>
    `model_id = "${id}"\nn_layers = 36\nhidden_size = 2880\nsupports_tensor = true\ntasks = ["TextGeneration"]\n` +
    'backends = ["MlxMetal"]\n[storage_size]\nin_bytes = 5\n';

  test("one under exo's own name goes, one in a folder of ours stays, and exo lists it", async () => {
    const cards = join(at(0).home, "custom_model_cards");
    const [theirs, ours] = [join(cards, "local--doomed.toml"), join(cards, "exoctl", "kept.toml")];
    for (const file of [theirs, ours]) await mkdir(dirname(file), { recursive: true });
    await writeFile(theirs, text("local/doomed"));
    await writeFile(ours, text("local/kept"));
    await call(at(0), "GET", "/instance/placement?model_id=local/kept");
    await until("the first to vanish", () =>
      access(theirs).then(
        () => false,
        () => true,
      ),
    );
    await access(ours);
    expect((await exo.models(signal)).map(({ id }) => id)).toContain("local/kept");
  });
});

describe("sharp edge 22: an instance cannot be chosen by a request", () => {
  test("two models are told apart by their ids, and each of exo's answers names its own", async () => {
    await ready(at(0), shards(at(0), at(1)), "serving", card);
    expect((await exo.prove(builtinModel, "What is 2+2?", signal)).model).toBe(builtinModel);
    await expect(exo.prove("exoctl/other", "What is 2+2?", signal)).rejects.toMatchObject({ status: 404 });
  });
});

describe("sharp edge 27: there is no 429, ever", () => {
  test("whatever is over eight at a time waits, and is answered", async () => {
    const asked = Array.from({ length: 12 }, () =>
      call(at(0), "POST", "/v1/chat/completions", chatBody("What is 2+2?", { max_tokens: 20 })),
    );
    const answers = await Promise.all(asked);
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    expect(new Set(answers.map(({ json }) => json.choices[0].message.content))).toEqual(new Set(["[simulated] 4"]));
  });
});

describe("sharp edge 19: gpt-oss needs its vocabulary, and its parser can stop", () => {
  test("ready runners prove nothing: only a chat that ends does, and /bench, which parses nothing, does not count", async () => {
    const bench = chatBody(`hi ${malformedMark}`, { max_tokens: 5 });
    expect((await call(at(0), "POST", "/bench/chat/completions", bench)).status).toBe(200);
    const proof: unknown = await exo
      .prove(builtinModel, `hi ${malformedMark}`, signal)
      .catch((error: unknown) => error);
    expect(proof).toMatchObject({ name: "ExoUnreachableError" });
    expect((await stateOf(at(0))).instances.serving).toBeDefined();
  });
});

describe("sharp edge 6: a new master wipes everything", () => {
  test("the index falls, instances and runners are gone, and the same body makes the instance again", async () => {
    await until("some events", async () => (await exo.observe(signal)).lastEventIndex > 150);
    const before = await exo.observe(signal);
    const counts = await Promise.all(
      nodes.map(async (node) => [node, (await call(node, "GET", "/events")).json.length] as const),
    );
    const [[master]] = counts.toSorted((left, right) => right[1] - left[1]) as [[SimulatedExo, number]];
    const [one, two] = nodes.filter((node) => node !== master) as [SimulatedExo, SimulatedExo];
    const survivor = openModernExo(one.address);
    await master.kill();
    const after = await until("the state to be wiped", async () => {
      const now = await survivor.observe(signal);
      return now.lastEventIndex < before.lastEventIndex && now.instances.length === 0 && now;
    });
    expect(after.problems).toEqual([]);
    await formed([one, two]);
    await ready(one, shards(one, two), "again", card);
    expect((await survivor.observe(signal)).instances.map(({ id }) => id)).toEqual(["again"]);
    await survivor.close();
  });
});
