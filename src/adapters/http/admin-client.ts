import type { AdminApi, ApplySummary, ControllerInfo, JoinInstructions } from "../../controller/admin-api.js";
import type { CancelSummary, ConvertSummary } from "../../controller/convert-api.js";
import type { AddModelSummary, RemoveModelSummary } from "../../controller/entries/entries-api.js";
import type { ModelListing } from "../../controller/model-list/model-list-api.js";
import type { DiscoveredHost, StatusReport } from "../../controller/status-report.js";
import type { SyncSummary } from "../../controller/sync/sync-api.js";
import type { PlanResult } from "../../plan/plan-result.js";
import type { WhatIf } from "../../plan/what-if.js";
import { accessClient } from "./access-client.js";
import { openAdminCalls } from "./admin-calls.js";
import type { AdminDoor } from "./admin-door.js";
import { classicClient } from "./classic-client.js";
import { keysClient } from "./keys-client.js";
import { nodesClient } from "./nodes-client.js";

/** Who asks is known by the way in, and not from the request. */
type Unsigned<Args extends readonly unknown[]> = Args extends readonly [infer Request, ...infer Rest]
  ? [Omit<Request, "by">, ...Rest]
  : Args;

/** The controller's API as a client sees it: the same calls, each over HTTP. */
export type AdminClient = {
  readonly [Call in keyof AdminApi]: (
    ...args: Unsigned<Parameters<AdminApi[Call]>>
  ) => Promise<Awaited<ReturnType<AdminApi[Call]>>>;
};

/** Talks to a controller; rejects as `AdminCalls` say. */
export function openAdminClient(door: AdminDoor): AdminClient {
  const calls = openAdminCalls(door);
  const { once: call, streamed } = calls;
  return {
    ...classicClient(calls),
    ...nodesClient(calls),
    ...keysClient(calls),
    ...accessClient(calls),
    info: () => call<ControllerInfo>("GET", "/api/v1/info"),
    status: () => call<StatusReport>("GET", "/api/v1/status"),
    discover: () => call<readonly DiscoveredHost[]>("GET", "/api/v1/discover"),
    plan: (wanted) => call<PlanResult>("POST", "/api/v1/plan", wanted),
    whatIf: (wanted) => call<WhatIf>("POST", "/api/v1/what-if", wanted),
    createToken: (wanted) => call<JoinInstructions>("POST", "/api/v1/tokens", wanted),
    convert: (wanted, report, signal) => streamed<ConvertSummary>("/api/v1/models/convert", wanted, report, signal),
    cancelConversion: (wanted) => call<CancelSummary>("POST", "/api/v1/models/convert/cancel", wanted),
    listModels: ({ cards }) => call<ModelListing>("GET", `/api/v1/models?cards=${cards}`),
    apply: (wanted, report, signal) => streamed<ApplySummary>("/api/v1/apply", wanted, report, signal),
    syncModel: (wanted, report, signal) => streamed<SyncSummary>("/api/v1/models/sync", wanted, report, signal),
    addModel: (wanted, report, signal) => streamed<AddModelSummary>("/api/v1/models/add", wanted, report, signal),
    removeModel: (wanted, report, signal) =>
      streamed<RemoveModelSummary>("/api/v1/models/remove", wanted, report, signal),
  };
}
