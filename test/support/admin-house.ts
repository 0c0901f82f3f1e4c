import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { type IncomingHttpHeaders, type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { type AdminListenerOptions, openAdminListener } from "../../src/adapters/http/admin-listener.js";
import type { AdminApi } from "../../src/controller/admin-api.js";
import { type Asking, apiForCaller } from "../../src/controller/audit/api-for-caller.js";
import { readAudit } from "../../src/controller/audit/audit-api.js";
import type { AuditLog, AuditSeries } from "../../src/controller/audit/audit-log.js";
import type { AuditRecord } from "../../src/controller/audit/audit-record.js";
import { createAuditTrail } from "../../src/controller/audit/audit-trail.js";
import type { ConvertSummary } from "../../src/controller/convert-api.js";
import { createSessionsApi } from "../../src/controller/sessions/create-sessions-api.js";
import { createOpenCodes } from "../../src/controller/sessions/open-codes.js";
import { createSessions } from "../../src/controller/sessions/sessions.js";
import type { ApiKey } from "../../src/gateway/keys/api-key.js";
import { createFindKey } from "../../src/gateway/keys/find-key.js";
import { hashKeyText, newKeyText } from "../../src/gateway/keys/key-text.js";
import type { Clock } from "../../src/runtime/clock.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { aPlan, aStatus } from "../cli/render/view-samples.js";

export const someInfo = {
  version: "0.1.0",
  pid: 1,
  simulated: false,
  cluster: "studio",
  gateway: "http://127.0.0.1:8415",
  keys: "not-asked" as const,
  admin: null,
  models: ["gpt-oss-120b"],
};
export const aSummary = { generation: 3, changed: true, steps: [{ action: "prove", node: null, outcome: "answered" }] };
export const someJoin = { token: "enr1.a.b.c", address: "10.0.0.5:8418", pin: "p", expiresAt: 5 };

const comparison = { entry: "same", files: "same", groups: [], differences: [] } as const;
const classicReport = { outcome: "done", id: "oss-120b", nodes: [], comparison } as const;
const aConversion: ConvertSummary = {
  node: "studio-1",
  source: "openai/gpt-oss-120b",
  target: "local/gpt-oss-120b-4bit",
  quantization: "affine-4",
  plan: {
    steps: [{ into: "affine-4", args: ["-q"], expected: { bytes: 5, sureness: "exact" } }],
    needs: { diskBytes: 1, memoryBytes: 2 },
    mlxLmVersion: "0.32.2",
    freeDiskBytes: 3,
    availableMemoryBytes: 4,
  },
  result: null,
};

/** A controller's API that answers everything; `change` makes it do otherwise. */
export const anAdminApi = (change: Partial<AdminApi> = {}): AdminApi => ({
  info: () => someInfo,
  status: () => aStatus,
  discover: () => [{ name: "one", address: "10.0.0.1:8417", kind: "agent", usable: true, why: "ready" }],
  plan: ({ model }) => ({ ...aPlan, model: model ?? "the first" }),
  whatIf: ({ changes, model }) => ({
    kind: "what-if",
    before: aPlan,
    after: { ...aPlan, model: model ?? "the first" },
    gain: 0.5,
    notes: [{ code: "asked", message: changes }],
  }),
  listModels: ({ cards }) => ({ simulated: false, models: [], gaps: [cards] }),
  apply: async () => aSummary,
  createToken: async () => someJoin,
  addClassicEntry: async () => classicReport,
  removeClassicEntry: async () => classicReport,
  listClassicEntries: async () => ({ nodes: [], comparison }),
  addModel: async ({ model, mode }) => ({
    model,
    entry: "exoctl/model",
    weightsOf: "owner/model",
    storageBytes: 1,
    mode,
    isNew: true,
    nodes: [],
  }),
  removeModel: async ({ model, mode }) => ({ model, entry: "exoctl/model", weightsOf: null, mode, nodes: [] }),
  syncModel: async ({ model }) => ({ model, bytes: 1, files: 1, sources: ["one"], leftOut: [], nodes: [] }),
  convert: async () => aConversion,
  listNodes: () => [],
  approveNode: async ({ node }) => ({ node, outcome: "changed" }),
  cordonNode: async ({ node, mode }) => ({ node: `${mode} ${node}`, outcome: "changed" }),
  removeNode: async ({ node, even }) => ({ node: `${node} ${even ?? "idle"}`, outcome: "changed" }),
  rotateKey: async () => ({ outcome: "started", pin: "p", pinWords: "w", behind: [] }),
  listTokens: () => [],
  revokeToken: async ({ id }) => ({ node: id, outcome: "changed" }),
  createKey: async ({ name }) => ({ id: "key_abcdefghij", name, key: "exo_secret" }),
  listKeys: () => [],
  revokeKey: async ({ id }) => ({ id, name: "ci", outcome: "changed" }),
  cancelConversion: async ({ target }) => ({ node: target }),
  createOpenLink: async () => ({ url: "http://127.0.0.1:8416/open?code=c", expiresAt: 5 }),
  listSessions: () => [],
  endSessions: async () => ({ ended: 1 }),
  readAudit: async () => [],
  ...change,
});

/** An audit log in memory; `failing` makes it refuse to write. */
export function createMemoryAudit() {
  const kept: Record<AuditSeries, AuditRecord[]> = { changes: [], attempts: [] };
  const state = { failing: "never" as "never" | "always" | "after the first" };
  let written = 0;
  const log: AuditLog = {
    append: async (series, record) => {
      if (state.failing === "always" || (state.failing === "after the first" && written > 0))
        throw new Error("ENOSPC: no space left on device");
      written += 1;
      kept[series].push(record);
    },
    read: async function* (series) {
      yield* kept[series];
    },
  };
  return { log, kept, state };
}

export function aTrail(log: AuditLog, clock: Clock) {
  return createAuditTrail({ log, clock, newId: randomUUID, generation: () => 7, logger: silentLogger });
}

/** A key as it is kept, with its text. */
export function aKey(
  scopes: ApiKey["scopes"],
  change: Partial<ApiKey> = {},
): { readonly text: string; readonly kept: ApiKey } {
  const keyText = newKeyText(randomBytes);
  const id = `key_${scopes.join("").padEnd(10, "x").slice(0, 10)}`;
  const kept = { id, name: scopes.join(), sha256: hashKeyText(keyText), scopes, limits: {}, createdAt: 0, ...change };
  return { text: keyText, kept };
}

/** An admin port on a free port, with all that stands behind it but the cluster. */
export async function openAdminPort(parts: {
  readonly clock: Clock;
  readonly keys?: readonly ApiKey[];
  readonly api?: Partial<AdminApi>;
  readonly options?: Partial<AdminListenerOptions>;
}) {
  const { clock } = parts;
  const audit = createMemoryAudit();
  const trail = aTrail(audit.log, clock);
  const codes = createOpenCodes(clock, randomBytes);
  const sessions = createSessions(clock, randomBytes);
  const state = { keys: parts.keys ?? [], url: "" };
  const api = anAdminApi({
    ...createSessionsApi({ codes, sessions, adminUrl: () => state.url }),
    readAudit: (query) => readAudit(audit.log, query),
    ...parts.api,
  });
  const apiFor = (asking: Asking): AdminApi => apiForCaller(api, trail, asking);
  const listener = await openAdminListener({
    listen: { host: "127.0.0.1", port: 0, whenInUse: "fail" },
    hosts: [],
    findKey: createFindKey(() => state.keys),
    ...{ codes, sessions, trail, clock, apiFor, version: "0.1.0", logger: silentLogger },
    ...parts.options,
  });
  const scheme = parts.options?.tls === undefined ? "http" : "https";
  const url = `${scheme}://127.0.0.1:${listener.port}`;
  state.url = url;
  return { ...listener, url, audit, state, codes, sessions, apiFor };
}

export interface RawAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** One request as any program might send it, with exactly these headers beside `Host`. */
export async function ask(
  url: string,
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body?: string,
): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, method, path, headers, agent: false });
  sent.on("error", () => undefined); // the other end may close before it has read everything
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode ?? 0, headers: answer.headers, body: await text(answer) };
}
