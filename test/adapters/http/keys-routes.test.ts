import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type AdminClient, openAdminClient } from "../../../src/adapters/http/admin-client.js";
import { socketDoor } from "../../../src/adapters/http/admin-door.js";
import { openAdminServer } from "../../../src/adapters/http/admin-server.js";
import type { AdminApi } from "../../../src/controller/admin-api.js";
import { createKeysApi } from "../../../src/controller/keys/create-keys-api.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { createManualClock } from "../../support/agent-manual-clock.js";
import { createMemoryStore } from "../../support/controller-house.js";
import { createLogKeeper } from "../../support/gateway-house.js";

let folder = "";
let close: Close = async () => {};
let client: AdminClient;
const log = createLogKeeper();
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-routes-"));
  const socketPath = join(folder, "controller.sock");
  const keys = createKeysApi({
    store: createMemoryStore(),
    usageOf: () => undefined,
    endRequestsOf: () => {},
    clock: createManualClock(),
    randomBytes: (count) => new Uint8Array(count).fill(7),
  });
  // Nothing else is asked for here.
  close = await openAdminServer({
    ...{ socketPath, account: "anna", version: "0", logger: log },
    apiFor: () => keys as unknown as AdminApi,
  });
  client = openAdminClient(socketDoor(socketPath, "anna"));
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

test("a key is made, listed and revoked; its text crosses once and is not logged", async () => {
  const limits = { requestsPerMinute: 60, tokensPerDay: 5 };
  const { key, id } = await client.createKey({
    name: "ci bot",
    scopes: ["models", "models"],
    limits,
    models: ["think"],
  });
  expect(key).toMatch(/^exoctl_/);
  expect(await client.listKeys()).toMatchObject([
    { id, name: "ci bot", state: "active", scopes: ["models"], limits, models: ["think"] },
  ]);
  expect(await client.revokeKey({ id })).toEqual({ id, name: "ci bot", outcome: "changed" });
  expect(JSON.stringify(await client.listKeys())).not.toContain(key);
  await expect(client.revokeKey({ id: "key_zzzzzzzzzz" })).rejects.toMatchObject({ code: "unknown_key" });
  expect(log.lines.join("")).not.toContain(key);
});

test.each<[string, object]>([
  ["no name", { name: "" }],
  ["a name that would break a line", { name: "a\nb" }],
  ["a scope that is none", { scopes: ["root"] }],
  ["no scope", { scopes: [] }],
  ["no requests at all", { limits: { requestsPerMinute: 0 } }],
  ["a limit that is none", { limits: { requestsPerSecond: 1 } }],
  ["no model", { models: [] }],
  ["a model with a space", { models: ["a b"] }],
  ["a hash of its own", { sha256: "x".repeat(43) }],
])("%s is refused", async (_, change) => {
  const wanted = { name: "ci", scopes: ["models" as const], limits: {}, ...change };
  await expect(client.createKey(wanted)).rejects.toMatchObject({ kind: "usage", code: "bad_request" });
  expect(await client.listKeys()).toEqual([]);
});
