import { expect } from "vitest";
import { parseState } from "../../../../src/adapters/exo-modern/parse-state.js";
import { coversAllLayers } from "../../../../src/cluster/layer-range.js";
import type { ExoCase } from "../exo-case.js";
import { expectCrash, expectError, expectInvalid } from "./expect-answer.js";

const get = (path: string) => ({ method: "GET", path }) as const;
const nobody = "exoctl-contract/no-such-model";
const placement = (query: Record<string, string>) => get(`/instance/placement?${new URLSearchParams(query)}`);

/** Reads a placement as exoctl reads a running instance. */
// biome-ignore lint/suspicious/noExplicitAny: an instance as exo prints it
export function readPlacement(json: any) {
  const [[, body]] = Object.entries(json) as [[string, { instanceId: string }]];
  const state = {
    instances: { [body.instanceId]: json },
    runners: {},
    topology: { nodes: [] },
    lastEventAppliedIdx: 0,
  };
  const { instances, problems } = parseState(state);
  expect(problems).toEqual([]);
  const [instance] = instances;
  if (instance === undefined) throw new Error("a placement without an instance");
  return instance;
}

/** Where exo itself would put a model. Nothing is created. */
export const placementCases: readonly ExoCase[] = [
  {
    name: "placement-is-an-instance",
    async run(exo) {
      const answer = await exo.call("placement", placement({ model_id: exo.facts.model }));
      expect(Object.keys(answer.json)).toEqual(["MlxRingInstance"]);
      const instance = readPlacement(answer.json);
      expect(instance).toMatchObject({ modelId: exo.facts.model, transport: "ring", sharding: "pipeline" });
      const layers = instance.shards.map((shard) => shard.layers);
      expect(coversAllLayers(layers, instance.modelLayers ?? 0)).toBe(true);
      const { hostsByNode, ephemeralPort } = answer.json.MlxRingInstance;
      for (const [at, shard] of instance.shards.entries()) {
        const hosts = hostsByNode[shard.nodeId];
        expect(hosts).toHaveLength(instance.shards.length);
        expect(hosts[at]).toEqual({ ip: "0.0.0.0", port: ephemeralPort });
      }
    },
  },
  {
    name: "placement-over-all-nodes",
    async run(exo) {
      const state = await exo.call("state", get("/state"));
      const nodes: string[] = state.json.topology.nodes;
      const query = { model_id: exo.facts.model, min_nodes: String(nodes.length) };
      const answer = await exo.call("placement", placement(query));
      const instance = readPlacement(answer.json);
      expect(instance.shards.map((shard) => shard.nodeId).toSorted()).toEqual(nodes.toSorted());
    },
  },
  {
    name: "placement-over-more-nodes-than-there-are",
    async run(exo) {
      const answer = await exo.call("placement", placement({ model_id: exo.facts.model, min_nodes: "99" }));
      expectError(answer, 400, "Bad Request", /^No cycles found with sufficient memory$/);
    },
  },
  {
    name: "placement-with-words-that-are-none",
    async run(exo) {
      const sharding = await exo.call("sharding", placement({ model_id: exo.facts.model, sharding: "Sideways" }));
      expectInvalid(sharding, "enum", ["query", "sharding"]);
      const meta = await exo.call("meta", placement({ model_id: exo.facts.model, instance_meta: "Tin" }));
      expectInvalid(meta, "enum", ["query", "instance_meta"]);
      const nodes = await exo.call("nodes", placement({ model_id: exo.facts.model, min_nodes: "two" }));
      expectInvalid(nodes, "int_parsing", ["query", "min_nodes"]);
    },
  },
  {
    name: "placement-of-no-model",
    run: async (exo) => expectInvalid(await exo.call("placement", placement({})), "missing", ["query", "model_id"]),
  },
  {
    name: "placement-of-an-unknown-model",
    run: async (exo) => expectCrash(await exo.call("placement", placement({ model_id: nobody }))),
  },
  {
    name: "previews-of-a-model",
    async run(exo) {
      const { json } = await exo.call("previews", get(`/instance/previews?model_id=${exo.facts.model}`));
      expect(json.previews.length).toBeGreaterThan(0);
      for (const preview of json.previews) {
        expect(preview).toMatchObject({
          model_id: exo.facts.model,
          sharding: expect.stringMatching(/^(Pipeline|Tensor)$/),
          instance_meta: expect.stringMatching(/^Mlx(Ring|Jaccl)$/),
        });
        expect(preview.instance === null).toBe(typeof preview.error === "string");
        if (preview.instance === null) continue;
        const nodes = readPlacement(preview.instance).shards.map((shard) => shard.nodeId);
        expect(Object.keys(preview.memory_delta_by_node).toSorted()).toEqual(nodes.toSorted());
      }
      const errors = json.previews.filter((preview: { instance: unknown }) => preview.instance === null);
      expect(errors.length).toBeLessThanOrEqual(4);
    },
  },
  {
    name: "previews-of-an-unknown-model",
    async run(exo) {
      const answer = await exo.call("previews", get(`/instance/previews?model_id=${nobody}`));
      expectError(answer, 400, "Bad Request", /^Failed to load model card: /);
    },
  },
];
