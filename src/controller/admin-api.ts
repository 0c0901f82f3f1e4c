import type { PlanResult } from "../plan/plan-result.js";
import type { WhatIf } from "../plan/what-if.js";
import type { AuditApi } from "./audit/audit-api.js";
import type { ClassicApi } from "./classic-api.js";
import type { ConvertApi } from "./convert-api.js";
import type { EntriesApi } from "./entries/entries-api.js";
import type { KeysApi } from "./keys/keys-api.js";
import type { ModelListApi } from "./model-list/model-list-api.js";
import type { NodesApi } from "./nodes/nodes-api.js";
import type { ProgressLine } from "./progress-line.js";
import type { SessionsApi } from "./sessions/sessions-api.js";
import type { DiscoveredHost, StatusReport } from "./status-report.js";
import type { ModelSyncApi } from "./sync/sync-api.js";

/** Facts about a running controller that its clients need. */
export interface ControllerInfo {
  readonly version: string;
  readonly pid: number;
  readonly simulated: boolean;
  readonly cluster: string;
  /** Such as `http://127.0.0.1:8415`. */
  readonly gateway: string;
  /** Where the admin port answers, such as `http://127.0.0.1:8416`; null where there is none. */
  readonly admin: string | null;
  /** Whether clients have to show an API key there. */
  readonly keys: "asked" | "not-asked";
  /** Names that clients may use, aliases included. */
  readonly models: readonly string[];
}

/** Everything that an admin hands to a new node. The token is a secret; address and pin are not. */
export interface JoinInstructions {
  readonly token: string;
  /** Where the agent finds the controller, `host:port`. */
  readonly address: string;
  /** base64url SHA-256 of the controller's public key. */
  readonly pin: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

export interface ApplyRequest {
  /** Text of a `cluster.yaml` that becomes the desired state; without it the present one is converged once more. */
  readonly clusterYaml?: string;
  /** Only this model; a catalogue model that is not yet desired is added and stays. */
  readonly model?: string;
  readonly mode: "apply" | "dry-run";
  /** Who asks, for the record. */
  readonly by: string;
}

/** What `exoctl apply -o json` prints. */
export interface ApplySummary {
  readonly generation: number;
  readonly changed: boolean;
  readonly steps: readonly { readonly action: string; readonly node: string | null; readonly outcome: string }[];
}

/**
 * What the controller does for its clients: the command line over a Unix socket, keys and browsers over the admin port. Rejects
 * with `Problem`. Each call has its rule in `audit/call-rules.ts`.
 */
export interface AdminApi
  extends NodesApi,
    ClassicApi,
    ModelSyncApi,
    ConvertApi,
    ModelListApi,
    EntriesApi,
    KeysApi,
    SessionsApi,
    AuditApi {
  info(): ControllerInfo;
  status(): StatusReport;
  discover(): readonly DiscoveredHost[];
  plan(request: { readonly model?: string }): PlanResult;
  /** @param request `changes` such as `add=m3ultra-512,remove=studio-2`; all that is wrong with them is one problem */
  whatIf(request: { readonly changes: string; readonly model?: string }): WhatIf;
  apply(request: ApplyRequest, report: (line: ProgressLine) => void, signal: AbortSignal): Promise<ApplySummary>;
  createToken(request: { readonly forName?: string; readonly ttlMs: number }): Promise<JoinInstructions>;
}
