import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import { nodeName } from "../cluster/names.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import { readClusterSpec } from "../config/read-cluster-spec.js";
import type { KnownModels } from "../models/known-models.js";
import type { Clock } from "../runtime/clock.js";
import { Problem } from "../runtime/problem.js";
import type { AdminApi, ApplyRequest, ControllerInfo } from "./admin-api.js";
import type { AuditApi } from "./audit/audit-api.js";
import type { ClassicApi } from "./classic-api.js";
import { createConvertApi } from "./convert-model.js";
import { addModel, applyFile, readDesiredModels, writtenModels } from "./desired-models.js";
import { createToken } from "./enrolment.js";
import type { EntriesApi } from "./entries/entries-api.js";
import type { KeysApi } from "./keys/keys-api.js";
import type { ModelListing } from "./model-list/model-list-api.js";
import type { ModelWork, Wanted } from "./model-work.js";
import type { NodesApi } from "./nodes/nodes-api.js";
import type { SessionsApi } from "./sessions/sessions-api.js";
import type { DesiredState, StateStore } from "./state-store.js";
import type { DiscoveredHost, StatusReport } from "./status-report.js";
import type { ModelSyncApi } from "./sync/sync-api.js";

/** What the admin calls work on. */
export interface AdminCallsDeps {
  readonly info: () => ControllerInfo;
  readonly status: () => StatusReport;
  readonly discover: () => readonly DiscoveredHost[];
  readonly view: () => ClusterView | undefined;
  readonly access: Pick<ClusterAccess, "observe" | "agent">;
  readonly listModels: (view: ClusterView, cards: "local" | "all") => ModelListing;
  readonly work: ModelWork;
  readonly classic: ClassicApi;
  readonly sync: ModelSyncApi;
  readonly entries: EntriesApi;
  readonly nodes: NodesApi;
  readonly keys: KeysApi;
  readonly admin: SessionsApi & AuditApi;
  readonly store: StateStore;
  readonly spec: () => ClusterSpec;
  /** What names of models mean, at this moment. */
  readonly known: () => KnownModels;
  readonly useSpec: (spec: ClusterSpec) => void;
  /** Where agents enrol; absent where there are none. */
  readonly enrolment?: { readonly address: string; readonly pin: string };
  readonly clock: Clock;
  readonly randomBytes: (bytes: number) => Uint8Array;
  /** Ends with the controller: what was begun for a client goes on when the client leaves. */
  readonly lifetime: AbortSignal;
}

/** The admin API on top of the controller's parts. */
export function createAdminCalls(deps: AdminCallsDeps): AdminApi {
  return {
    ...deps.sync,
    ...createConvertApi(deps.access),
    ...deps.entries,
    ...deps.nodes,
    ...deps.keys,
    ...deps.admin,
    info: deps.info,
    status: deps.status,
    discover: deps.discover,
    plan: ({ model }) => deps.work.plan(newestView(deps), model).result,
    whatIf: ({ changes, model }) => deps.work.whatIf(newestView(deps), changes, model),
    listModels: ({ cards }) => deps.listModels(newestView(deps), cards),
    apply: async (request, report) => {
      const wish = readWish(deps, request);
      const isNew = wish.desired !== deps.store.desired();
      if (request.mode === "dry-run") {
        const steps = await deps.work.preview(wanted(deps, wish), request.model, deps.lifetime);
        return { ...steps, changed: steps.changed || isNew };
      }
      if (wish.desired !== undefined && isNew) {
        await save(deps.store, wish.desired);
        report({ kind: "info", text: `generation ${wish.desired.generation} is what shall run now` });
      }
      deps.useSpec(wish.spec);
      const done = await deps.work.converge(request.model, report, deps.lifetime);
      return { ...done, changed: done.changed || isNew };
    },
    addClassicEntry: deps.classic.addClassicEntry,
    removeClassicEntry: deps.classic.removeClassicEntry,
    listClassicEntries: deps.classic.listClassicEntries,
    createToken: async ({ forName, ttlMs }) => {
      if (deps.enrolment === undefined)
        throw new Problem(
          "usage",
          "no_enrolment",
          "this controller works without agents",
          "Start it without --exo to enrol agents.",
        );
      const { address, pin } = deps.enrolment;
      const named = forName === undefined ? {} : { forName: nodeName(forName) };
      const token = await createToken(deps, { controllerPin: pin, lifeMs: ttlMs, ...named });
      return { token: token.text, address, pin, expiresAt: token.expiresAt };
    },
  };
}

function newestView(deps: AdminCallsDeps): ClusterView {
  const view = deps.view();
  if (view !== undefined) return view;
  const message = "the cluster has not been looked at yet";
  throw new Problem("unreachable", "not_observed", message, "Try again in a second.");
}

/** What a request wants: the settings, and the desired state, which is the stored one itself when nothing is new. */
interface Wish {
  readonly spec: ClusterSpec;
  readonly desired: DesiredState | undefined;
}

function readWish(deps: AdminCallsDeps, request: ApplyRequest): Wish {
  const author = { by: request.by, at: deps.clock.now() };
  const file = request.clusterYaml;
  const spec = file === undefined ? deps.spec() : checked(file);
  const before = deps.store.desired();
  const applied = file === undefined ? before : applyFile(before, writtenModels(file), { ...author, reason: "apply" });
  if (request.model === undefined) return { spec, desired: applied };
  return {
    spec,
    desired: addModel(applied, request.model, deps.known(), { ...author, reason: `run ${request.model}` }),
  };
}

const wanted = (deps: AdminCallsDeps, { spec, desired }: Wish): Wanted => ({
  spec,
  generation: desired?.generation ?? 0,
  models: desired === undefined ? deps.spec().models : readDesiredModels(desired),
});

function checked(text: string): ClusterSpec {
  const read = readClusterSpec(text, "cluster.yaml");
  if (read.kind === "ok") return read.spec;
  const lines = read.issues.map((issue) => `${issue.line}:${issue.column} ${issue.path}: ${issue.problem}`);
  throw new Problem("usage", "bad_cluster_file", lines.join("\n"), "Correct these and apply again.");
}

/** Stores a desired state. @throws Problem `outdated` when somebody else was faster */
export async function save(store: StateStore, desired: DesiredState): Promise<void> {
  if ((await store.saveDesired(desired)) === "saved") return;
  throw new Problem(
    "failed",
    "outdated",
    "the desired state was changed by somebody else meanwhile",
    "Run the command again.",
  );
}
