import { expect } from "vitest";
import { type ExoCase, type ExoDriver, has } from "../exo-case.js";
import { expectCrash, expectError, expectInvalid, expectNotFound, streamPieces } from "./expect-answer.js";

const get = (path: string) => ({ method: "GET", path }) as const;
const post = (body: unknown) => ({ method: "POST", path: "/instance", body }) as const;
const nobody = "exoctl-contract/no-such-model";

// biome-ignore lint/suspicious/noExplicitAny: bodies are spoilt in any way
type Spoilable = any;

/** A body that this exo takes, as exo itself would write it, under an id of ours and over a node that does not exist. */
async function goodBody(exo: ExoDriver, instanceId: string): Promise<Spoilable> {
  const query = new URLSearchParams({ model_id: exo.facts.model });
  const { json } = await exo.call("placement", get(`/instance/placement?${query}`));
  const text = JSON.stringify({ instance: json });
  const [node] = Object.keys(json.MlxRingInstance.shardAssignments.nodeToRunner);
  const body = JSON.parse(text.replaceAll(node ?? "", "exoctl-contract-no-such-node"));
  body.instance.MlxRingInstance.instanceId = instanceId;
  return body;
}

const ringOf = (body: Spoilable): Spoilable => body.instance.MlxRingInstance;
const shardOf = (body: Spoilable): Spoilable =>
  (Object.values(ringOf(body).shardAssignments.runnerToShard)[0] as Spoilable).PipelineShardMetadata;

/** What a spoilt body is refused for: the kind of complaint, and where. */
const spoilt: readonly (readonly [string, (body: Spoilable) => void, string, string])[] = [
  ["instance-without-an-id", (body) => delete ringOf(body).instanceId, "missing", "instanceId"],
  ["instance-with-a-field-too-many", (body) => Object.assign(ringOf(body), { extra: 1 }), "extra_forbidden", "extra"],
  ["shard-with-a-field-too-many", (body) => Object.assign(shardOf(body), { extra: 1 }), "extra_forbidden", "extra"],
  [
    "card-with-a-field-too-many",
    (body) => Object.assign(shardOf(body).modelCard, { extra: 1 }),
    "extra_forbidden",
    "extra",
  ],
  ["card-without-a-size", (body) => delete shardOf(body).modelCard.storageSize, "missing", "storageSize"],
  ["layer-as-a-text", (body) => Object.assign(shardOf(body), { endLayer: "36" }), "int_type", "endLayer"],
  ["layer-below-zero", (body) => Object.assign(shardOf(body), { startLayer: -1 }), "greater_than_equal", "startLayer"],
  ["rank-that-is-missing", (body) => delete shardOf(body).deviceRank, "missing", "deviceRank"],
];

const spoiltCases: readonly ExoCase[] = spoilt.map(([name, spoil, type, field]) => ({
  name: `refuses-an-${name}`.replace("an-shard", "a-shard").replace(/an-(card|layer|rank)/, "a-$1"),
  async run(exo) {
    const body = await goodBody(exo, `exoctl-contract-${name}`);
    spoil(body);
    expectInvalid(await exo.call("post", post(body)), type, ["body", "instance", field]);
  },
}));

/** Creating, looking at and deleting instances. */
export const instanceCases: readonly ExoCase[] = [
  ...spoiltCases,
  {
    name: "refuses-a-port-that-is-none",
    async run(exo) {
      const body = await goodBody(exo, "exoctl-contract-port");
      for (const hosts of Object.values(ringOf(body).hostsByNode) as Spoilable[]) hosts[0].port = 70_000;
      expectInvalid(await exo.call("post", post(body)), "value_error", ["body", "instance", "port"]);
    },
  },
  {
    name: "refuses-a-runner-without-a-shard",
    async run(exo) {
      const body = await goodBody(exo, "exoctl-contract-runner");
      const { nodeToRunner } = ringOf(body).shardAssignments;
      for (const node of Object.keys(nodeToRunner)) nodeToRunner[node] = "exoctl-contract-no-such-runner";
      expectInvalid(await exo.call("post", post(body)), "value_error", ["body", "instance", "shardAssignments"]);
    },
  },
  {
    name: "refuses-a-whole-number-with-a-point",
    async run(exo) {
      const text = JSON.stringify(await goodBody(exo, "exoctl-contract-point"));
      const answer = await exo.call("post", post(text.replace(/"worldSize":(\d+)/, '"worldSize":$1.0')));
      expectInvalid(answer, "int_type", ["body", "instance", "worldSize"]);
    },
  },
  {
    name: "refuses-what-is-no-body",
    async run(exo) {
      expectInvalid(await exo.call("empty", post({})), "missing", ["body", "instance"]);
      expectInvalid(await exo.call("cut-off", post('{"instance":')), "json_invalid", ["body"]);
      expectInvalid(await exo.call("no-body", { method: "POST", path: "/instance" }), "missing", ["body"]);
    },
  },
  {
    name: "refuses-an-instance-of-an-unknown-model",
    async run(exo) {
      const body = await goodBody(exo, "exoctl-contract-unknown-model");
      ringOf(body).shardAssignments.modelId = nobody;
      expectCrash(await exo.call("post", post(body)));
    },
  },
  {
    name: "a-node-that-does-not-exist-is-noticed-later",
    async run(exo) {
      const id = "exoctl-contract-nowhere";
      const answer = await exo.call("post", post(await goodBody(exo, id)));
      expect(answer.status, answer.text).toBe(200);
      expect(answer.json).toMatchObject({
        message: "Command received.",
        command_id: expect.stringMatching(/^[\w-]+$/),
        model_card: { modelId: exo.facts.model, storageSize: { inBytes: expect.any(Number) } },
      });
      const gone = await exo.eventually("gone", get(`/instance/${id}`), ({ status }) => status === 404);
      expectNotFound(gone, /^Instance not found$/);
    },
  },
  {
    name: "posting-an-id-again-does-nothing",
    needs: "serving",
    async run(exo) {
      const id = exo.facts.serving?.instanceId ?? "";
      const before = await exo.call("before", get(`/instance/${id}`));
      const changed = structuredClone(before.json);
      changed.MlxRingInstance.ephemeralPort = 61_234;
      const again = await exo.call("again", post({ instance: changed }));
      expect(again.status, again.text).toBe(200);
      expect((await exo.call("after", get(`/instance/${id}`))).json).toEqual(before.json);
    },
  },
  {
    name: "unknown-instance",
    async run(exo) {
      expectNotFound(await exo.call("get", get("/instance/none")), /^Instance not found$/);
      const deleted = await exo.call("delete", { method: "DELETE", path: "/instance/none" });
      expectNotFound(deleted, /^Instance not found$/);
    },
  },
  {
    name: "placing-without-saying-what",
    async run(exo) {
      const answer = await exo.call("post", { method: "POST", path: "/place_instance", body: {} });
      expectInvalid(answer, "missing", ["body", "model_id"]);
    },
  },
  {
    name: "waiting-for-an-instance-that-never-comes",
    since: "after 1.0.71",
    async run(exo) {
      const query = `model_id=${nobody}&timeout_seconds=`;
      const waited = streamPieces(await exo.call("wait", get(`/instance/await?${query}0.2`)));
      expect(waited.chunks).toEqual([{ type: "timeout", message: `No instance found for model ${nobody}` }]);
      const long = await exo.call("too-long", get(`/instance/await?${query}301`));
      expectInvalid(long, "less_than_equal", ["query", "timeout_seconds"]);
    },
  },
  {
    name: "waiting-is-no-route-yet",
    until: "1.0.71",
    async run(exo) {
      // The word is taken for an instance's id.
      const answer = await exo.call("wait", get("/instance/await?model_id=a/b"));
      expect(has("after 1.0.71", exo.facts.release)).toBe(true);
      expectError(answer, 404, "Not Found", /^Instance not found$/);
    },
  },
];
