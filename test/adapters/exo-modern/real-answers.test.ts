import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseModels } from "../../../src/adapters/exo-modern/exo-answers.js";
import { exoErrorText } from "../../../src/adapters/exo-modern/exo-error-text.js";
import { createChatStreamReader } from "../../../src/adapters/exo-modern/parse-chat-stream.js";
import { parseState } from "../../../src/adapters/exo-modern/parse-state.js";
import { readExoVariant } from "../../../src/cluster/exo-variant.js";
import { exoNodeId } from "../../../src/cluster/names.js";
import { type ExoView, livePeers } from "../../../src/inventory/exo-view.js";
import { instanceHealth } from "../../../src/inventory/instance-health.js";
import { exoFixture, variant71 } from "../../support/exo-fixtures.js";

// Recorded from three real nodes of exo 1.0.68 on Linux, running a tiny model of 36 layers (scripts/interop).
const fixture = (name: string): unknown => exoFixture(`1.0.68/${name}`);

/** As the node that was asked sees it, right after its newest report. */
function viewOf(name: string): ExoView {
  const value = parseState(fixture(name));
  const at = Math.max(...value.peers.map((peer) => peer.lastSeenAt ?? 0));
  return {
    address: { host: "10.99.0.11", port: 52_415 },
    nodeId: exoNodeId("any"),
    observation: { value, at, from: "exo" },
  };
}

const healthIn = (name: string) => {
  const view = viewOf(name);
  const [instance] = view.observation.value.instances;
  return instance === undefined ? undefined : instanceHealth(instance, view);
};

test("its variant is recognised by its cards", () => {
  expect(readExoVariant(fixture("openapi.json"))).toMatchObject({
    label: "1.0.68",
    requiredCardFields: ["hidden_size", "model_id", "n_layers", "storage_size", "supports_tensor", "tasks"],
  });
});

test("so is 1.0.71, by the document of a real one", () => {
  expect(readExoVariant(exoFixture("1.0.71/openapi.json"))).toEqual(variant71);
});

test("a cluster that serves: three members, each pair connected both ways, our layers in rank order", () => {
  const state = parseState(fixture("state.json"));
  expect(state.problems).toEqual([]);
  expect(state.peers.map(({ friendlyName, inTopology }) => [friendlyName, inTopology])).toEqual(
    expect.arrayContaining(["studio-1", "studio-2", "studio-3"].map((name) => [name, true])),
  );
  expect(state.edges).toHaveLength(6);
  expect(state.instances[0]?.shards.map(({ layers }) => [layers.start, layers.end])).toEqual([
    [0, 1],
    [1, 12],
    [12, 36],
  ]);
  // Two a node: one from the instance, one from the look at the disk that exo takes every minute.
  expect(state.downloads.map(({ state: progress }) => progress)).toEqual(Array.from({ length: 6 }, () => "completed"));
  expect(healthIn("state.json")).toEqual({ state: "ready" });
});

test("after a node was killed, exo goes on naming it and its runner, which is no sign of life", () => {
  const view = viewOf("state-after-node-loss.json");
  const { peers } = view.observation.value;
  expect(peers).toHaveLength(4);
  const gone = peers.filter((peer) => !peer.inTopology);
  expect(gone).toHaveLength(1);
  expect(gone.some((peer) => livePeers(view).has(peer.id))).toBe(false);
});

test("a start that hangs looks as if one runner had not begun", () => {
  const [instance] = parseState(fixture("state-stuck.json")).instances;
  expect(instance?.shards.map(({ runner }) => runner).toSorted()).toEqual(["connecting", "idle", "idle"]);
  expect(healthIn("state-stuck.json")).toEqual({ state: "starting", phase: "preparing" });
});

test("its models, ours among them with its size in MiB", () => {
  expect(parseModels(fixture("models.json"))).toContainEqual({
    id: "exoctl/gpt-oss-120b-MXFP4-Q8",
    storageBytes: Math.floor(63_254_703_744 / 1024 ** 2) * 1024 ** 2,
    supportsTensor: true,
    // exo looks for a file of the name that it would choose itself, so it does not see that this card is no card of its own.
    origin: "built-in",
  });
});

test("a streamed answer, piece by piece as it came", () => {
  const reader = createChatStreamReader();
  const text = readFileSync(new URL("../../fixtures/exo/1.0.68/chat-stream.txt", import.meta.url), "utf8");
  const news = text.split(/(?<=\n\n)/).map((piece) => reader.feed(piece));
  expect(news).toEqual(["progress", "progress", "progress", "token", "quiet", "quiet"]);
  expect(reader.soFar()).toMatchObject({ text: "Paris", finishReason: "stop", ended: true });
});

const errors = fixture("errors.json") as Readonly<Record<string, { readonly status: number; readonly body: string }>>;

test.each<[string, number, RegExp]>([
  ["POST /v1/chat/completions of a model without instance", 404, /^No instance found for model org\/none$/],
  ["POST /v1/chat/completions without a model", 422, /body\.model: Field required/],
  ["DELETE /instance/none", 404, /^Instance not found$/],
  ["GET /instance/placement of a model that does not fit", 400, /No cycles found with sufficient memory/],
  ["GET /instance/placement of an unknown model, offline", 500, /^Internal Server Error$/],
  ["POST /instance with a field too many", 422, /^body\.instance\..*extra: Extra inputs are not permitted/],
  ["GET of an unknown route", 404, /^Not Found$/],
  ["POST of an unknown route", 405, /^Method Not Allowed$/],
])("its words for an error: %s", (request, status, words) => {
  expect(errors[request]?.status).toBe(status);
  expect(exoErrorText(errors[request]?.body ?? "")).toMatch(words);
});
