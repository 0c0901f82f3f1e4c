import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openAdminClient } from "../../../src/adapters/http/admin-client.js";
import { socketDoor } from "../../../src/adapters/http/admin-door.js";
import { openAdminServer } from "../../../src/adapters/http/admin-server.js";
import type { ConvertApi, ConvertRequest, ConvertSummary } from "../../../src/controller/convert-api.js";
import type { ProgressLine } from "../../../src/controller/progress-line.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { anAdminApi } from "../../support/admin-house.js";
import { silence } from "../../support/controller-house.js";

const { signal } = new AbortController();
const request: ConvertRequest = { source: "openai/gpt-oss-120b", quantization: "affine-4", mode: "convert" };

let folder = "";
let close: () => Promise<unknown> = async () => {};
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-routes-"));
});
afterEach(async () => {
  await close();
  await rm(folder, { recursive: true, force: true });
});

/** A client of these routes alone. */
async function serve(change: Partial<ConvertApi> = {}) {
  const seen: ConvertRequest[] = [];
  const api = anAdminApi({
    convert: async (wanted, report) => {
      seen.push(wanted);
      report({ kind: "note", text: "writing" });
      return { target: "local/gpt-oss-120b-4bit" } as ConvertSummary;
    },
    cancelConversion: async ({ target }) => ({ node: `the one with ${target}` }),
    ...change,
  });
  const socketPath = join(folder, "controller.sock");
  close = await openAdminServer({ socketPath, account: "anna", version: "0", apiFor: () => api, logger: silentLogger });
  return { client: openAdminClient(socketDoor(socketPath, "anna")), socketPath, seen };
}

test("a conversion is handed on as it was asked for, and tells how far it is", async () => {
  const { client, seen } = await serve();
  const told: ProgressLine[] = [];
  const full: ConvertRequest = { ...request, target: "a/gpt-oss", node: "studio-1", mode: "dry-run" };
  expect(await client.convert(request, (line) => told.push(line), signal)).toEqual({
    target: "local/gpt-oss-120b-4bit",
  });
  await client.convert(full, () => {}, signal);
  expect(seen).toEqual([request, full]);
  expect(told).toEqual([{ kind: "note", text: "writing" }]);
  expect(await client.cancelConversion({ target: "a/b" })).toEqual({ node: "the one with a/b" });
});

test("a client that goes away cancels its conversion", async () => {
  let until: AbortSignal | undefined;
  const convert: ConvertApi["convert"] = (_wanted, report, gone) => {
    until = gone;
    report({ kind: "note", text: "begun" });
    return silence(gone);
  };
  const { client } = await serve({ convert });
  const leaving = new AbortController();
  const work = client.convert(request, () => leaving.abort(new Error("enough")), leaving.signal);
  await expect(work).rejects.toThrow("enough");
  await expect.poll(() => until?.aborted, { timeout: 20_000 }).toBe(true);
});

test.each([
  {},
  { ...request, quantization: "int3" },
  { ...request, mode: "now" },
  { ...request, path: "/etc" },
  { ...request, source: "x".repeat(201) },
])("%j is no request", async (payload) => {
  const { client, seen } = await serve();
  const work = client.convert(payload as ConvertRequest, () => {}, signal);
  await expect(work).rejects.toMatchObject({ code: "bad_request" });
  expect(seen).toEqual([]);
});
