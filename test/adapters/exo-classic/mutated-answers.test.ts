import fc from "fast-check";
import { expect, test } from "vitest";
import type { Parsed } from "../../../src/adapters/exo-classic/fields.js";
import { parseDownloads } from "../../../src/adapters/exo-classic/parse-downloads.js";
import { parseGrpcTopology, parseHttpTopology } from "../../../src/adapters/exo-classic/parse-topology.js";
import type { ClassicTopology } from "../../../src/cluster/classic-topology.js";
import { judgeClassicRing } from "../../../src/inventory/classic-agreement.js";
import { recording } from "../../support/classic-recordings.js";
import { mutated } from "../../support/mutate-json.js";

/** 1,000 hostile answers for each kind. */
const many = { numRuns: 1_000 };
const ids = ["studio-a", "studio-b", "studio-c"] as const;
const answers = ids.map((node) => recording(`http/topology-${node}`).response.json);
const truth = { "studio-a": 196_608, "studio-b": 131_072, "studio-c": 65_536 };

const understood = <T>(parsed: Parsed<T>): T | undefined => (parsed.kind === "value" ? parsed.value : undefined);

const others = [answers[1], answers[2]].map((answer) => understood(parseHttpTopology(answer)) as ClassicTopology);

/** As a controller does: what is broken counts as no answer. */
const judgeWith = (first: ClassicTopology | undefined) =>
  judgeClassicRing(
    [
      { node: "studio-a", ...(first === undefined ? {} : { topology: first }) },
      { node: "studio-b", topology: others[0] as ClassicTopology },
      { node: "studio-c", topology: others[1] as ClassicTopology },
    ],
    36,
  );

/** Whatever was changed: either the ring is in doubt, or everything that layers follow from is as it was. */
function expectNotHealthyByChance(parsed: Parsed<ClassicTopology>): void {
  const topology = understood(parsed);
  if (topology === undefined) return;
  const judged = judgeWith(topology);
  if (judged.kind === "not-agreed") return;
  const reached = new Set(topology.edges.filter(({ from }) => from === "studio-a").map(({ to }) => to));
  expect([Object.fromEntries(judged.memoryMb), reached.has("studio-b"), reached.has("studio-c")]).toEqual([
    truth,
    true,
    true,
  ]);
}

test("the recorded answers are healthy, so that what follows can fail", () => {
  expect(judgeWith(understood(parseHttpTopology(answers[0]))).kind).toBe("agreed");
  expect(judgeWith(undefined).kind).toBe("not-agreed");
});

test("mutated /v1/topology: never a crash, never healthy from broken data", () => {
  fc.assert(
    fc.property(mutated(answers[0]), (raw) => expectNotHealthyByChance(parseHttpTopology(raw))),
    many,
  );
});

test("mutated CollectTopology: never a crash, never healthy from broken data", () => {
  const [{ nodes, peer_graph }] = answers;
  const graph = Object.entries<{ to_id: string; description: string }[]>(peer_graph).map(([from, edges]) => [
    from,
    { connections: edges.map(({ to_id, description }) => ({ toId: to_id, description })) },
  ]);
  const original = { nodes, peerGraph: Object.fromEntries(graph) };
  expect(judgeWith(understood(parseGrpcTopology(original))).kind).toBe("agreed");
  fc.assert(
    fc.property(mutated(original), (raw) => expectNotHealthyByChance(parseGrpcTopology(raw))),
    many,
  );
});

test("mutated /v1/download/progress: never a crash, never complete without all bytes, layers always of the model", () => {
  const [event] = Object.values(recording("download/progress-on-downloading-node").response.json);
  fc.assert(
    fc.property(mutated({ a: event, b: event }), (raw) => {
      const parsed = parseDownloads(raw);
      for (const { layers, modelLayers, downloadedBytes, totalBytes, state } of understood(parsed)?.values() ?? []) {
        expect(layers.start >= 0 && layers.start < layers.end && layers.end <= modelLayers).toBe(true);
        expect(Number.isSafeInteger(downloadedBytes) && Number.isSafeInteger(totalBytes)).toBe(true);
        if (state === "complete") expect(downloadedBytes).toBeGreaterThanOrEqual(totalBytes);
      }
    }),
    many,
  );
});
