import { expect } from "vitest";
import { parseState } from "../../../../src/adapters/exo-modern/parse-state.js";
import { readExoVariant } from "../../../../src/cluster/exo-variant.js";
import { type ExoCase, has } from "../exo-case.js";
import { expectNoRoute, expectNotFound } from "./expect-answer.js";

const get = (path: string) => ({ method: "GET", path }) as const;

const stateKeys = ["instances", "runners", "downloads", "tasks", "lastSeen", "topology", "lastEventAppliedIdx"];
const nodeKeys = ["nodeIdentities", "nodeMemory", "nodeDisk", "nodeSystem", "nodeNetwork", "nodeThunderbolt"];
const newestKeys = ["nodeBackends", "instanceLinks", "prefillServerPorts", "customModelCards"];

/** Of exo's own description: the names of its routes, and the fields of a model card. */
// biome-ignore lint/suspicious/noExplicitAny: a document of any shape
const namesOnly = ({ paths, components }: any): unknown => ({
  paths: Object.fromEntries(Object.keys(paths).map((path) => [path, {}])),
  components: {
    schemas: Object.fromEntries(
      Object.entries(components.schemas as Record<string, { properties: object; required: unknown }>)
        .filter(([name]) => /^ModelCard/.test(name))
        .map(([name, { properties, required }]) => [
          name,
          { properties: Object.fromEntries(Object.keys(properties).map((key) => [key, {}])), required },
        ]),
    ),
  },
});

/** What exo says of itself, of its cluster, and where it says nothing. */
export const nodeCases: readonly ExoCase[] = [
  {
    name: "node-id-is-a-json-text",
    async run(exo) {
      const answer = await exo.call("id", get("/node_id"));
      expect(answer).toMatchObject({ status: 200, json: expect.stringMatching(/^[\w-]+$/) });
      expect(answer.headers["content-type"]).toBe("application/json");
    },
  },
  {
    name: "openapi-tells-the-variant",
    async run(exo) {
      const answer = await exo.call("document", get("/openapi.json"), namesOnly);
      expect(readExoVariant(answer.json)?.label).toBe(exo.facts.release);
      expect(Object.keys(answer.json.paths)).toEqual(
        expect.arrayContaining(["/node_id", "/state", "/instance", "/instance/placement", "/v1/chat/completions"]),
      );
      expect("/instance/await" in answer.json.paths).toBe(exo.facts.release === "after 1.0.71");
      expect("/state/{path}" in answer.json.paths).toBe(has(exo.facts.release, "1.0.70"));
      expect("/v1/cancel/{command_id}" in answer.json.paths).toBe(has(exo.facts.release, "1.0.69"));
    },
  },
  {
    name: "state-is-one-document",
    async run(exo) {
      const { json } = await exo.call("state", get("/state"));
      expect(Object.keys(json)).toEqual(expect.arrayContaining([...stateKeys, ...nodeKeys]));
      for (const key of newestKeys) expect(key in json, key).toBe(exo.facts.release === "after 1.0.71");
      const observed = parseState(json);
      expect(observed.problems).toEqual([]);
      expect(observed.lastEventIndex).toBeGreaterThan(0);
      const members = observed.peers.filter((peer) => peer.inTopology);
      expect(members.length).toBeGreaterThan(0);
      for (const peer of members) {
        expect(peer.ramAvailableBytes).toBeGreaterThan(0);
        expect(peer.ramTotalBytes).toBeGreaterThanOrEqual(peer.ramAvailableBytes ?? 0);
        expect(peer.lastSeenAt).toBeGreaterThan(0);
      }
    },
  },
  {
    name: "state-by-path",
    since: "1.0.70",
    async run(exo) {
      const { json: id } = await exo.call("id", get("/node_id"));
      const memory = await exo.call("memory", get(`/state/nodeMemory/${id}`));
      expect(memory.json).toMatchObject({ ramTotal: { inBytes: expect.any(Number) } });
      const nodes = await exo.call("nodes", get("/state/topology/nodes"));
      expect(nodes.json).toContain(id);
      const first = await exo.call("first-node", get("/state/topology/nodes/0"));
      expect(nodes.json[0]).toBe(first.json);
      const none = await exo.call("none", get("/state/instances/none"));
      expectNotFound(none, /^unable to find path 'instances\.none' in state json$/);
    },
  },
  {
    name: "state-by-path-is-not-there-yet",
    until: "1.0.69",
    run: async (exo) => expectNoRoute(await exo.call("memory", get("/state/nodeMemory"))),
  },
  {
    name: "events-are-one-list",
    async run(exo) {
      const { json, status } = await exo.call("events", get("/events"), (events: object[]) => events.slice(0, 6));
      expect(status).toBe(200);
      expect(json.length).toBeGreaterThan(0);
      for (const event of json) {
        const [[name, fields]] = Object.entries(event) as [[string, object]];
        expect(name).toMatch(/^[A-Z]\w+$/);
        expect(fields).toHaveProperty("event_id");
      }
    },
  },
  {
    name: "unknown-route",
    async run(exo) {
      expectNoRoute(await exo.call("get", get("/no/such/route")));
      const posted = await exo.call("post", { method: "POST", path: "/no/such/route", body: {} });
      expect([posted.status, posted.json]).toEqual([405, { detail: "Method Not Allowed" }]);
    },
  },
];
