import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { KnownModels } from "../models/known-models.js";
import type { ServingModel } from "../route/serving-model.js";
import type { AdminApi } from "./admin-api.js";
import { createAdminCalls } from "./admin-calls.js";
import { buildStatus } from "./build-status.js";
import type { ClassicCluster } from "./classic-cluster.js";
import type { ClassicWork } from "./classic-work.js";
import type { ControllerDeps } from "./controller-deps.js";
import type { DesiredReader } from "./desired-reader.js";
import type { DriftWatch } from "./drift/watch-drift.js";
import { createEntriesApi } from "./entries/create-entries-api.js";
import { createDescribeModel } from "./entries/describe-model.js";
import type { ExoViews } from "./exo-views.js";
import type { Fleet } from "./fleet.js";
import type { WantedEntries } from "./kept-entries.js";
import { createKeysApi } from "./keys/create-keys-api.js";
import { listDiscovered } from "./list-discovered.js";
import { listModels } from "./model-list/list-models.js";
import { servedNames } from "./model-list/served-names.js";
import type { ModelWork } from "./model-work.js";
import { createNodesApi } from "./nodes/create-nodes-api.js";
import type { KeyRotation } from "./nodes/key-rotation.js";
import { clientNames } from "./serving-models.js";
import type { StatusReport } from "./status-report.js";
import type { ModelSync } from "./sync/sync-model.js";

/** What clients of the gateway are told. */
export interface GatewayFacts {
  readonly url: string;
  asksForKeys(): boolean;
}

/** What changes while a controller runs. */
export interface ControllerNow {
  spec: ClusterSpec;
  view: ClusterView | undefined;
  gateway: GatewayFacts;
}

/** Parts of a controller that its API works on. */
export interface ApiParts {
  readonly access: ClusterAccess;
  readonly fleet: Fleet;
  readonly exos: ExoViews;
  readonly rotation: KeyRotation;
  readonly ring: ClassicCluster;
  readonly desired: DesiredReader;
  readonly known: () => KnownModels;
  readonly work: ModelWork;
  readonly sync: ModelSync;
  readonly classic: ClassicWork;
  readonly serving: () => readonly ServingModel[];
  readonly wantedEntries: WantedEntries;
  readonly drift: DriftWatch;
}

/** The admin API of a controller put together. */
export function createControllerApi(deps: ControllerDeps, now: ControllerNow, parts: ApiParts): AdminApi {
  const { settings, store, clock, watch } = deps;
  const { access, fleet, exos, rotation, ring, desired, known } = parts;
  const { work, sync, classic, serving, wantedEntries, drift } = parts;
  const status = (): StatusReport => {
    const runs = work.runs();
    const report = buildStatus({
      simulated: settings.simulated,
      cluster: now.spec.cluster.name,
      generation: desired().generation,
      gateway: now.gateway.url,
      now: clock.now(),
      view: now.view,
      fleet: fleet.nodes(),
      runs,
      serving: serving(),
      drift: drift.findings(),
    });
    return ring.generation().kind === "classic" ? ring.status(report, runs) : report;
  };
  return createAdminCalls({
    info: () => ({
      version: settings.version,
      pid: settings.pid,
      simulated: settings.simulated,
      cluster: now.spec.cluster.name,
      gateway: now.gateway.url,
      keys: now.gateway.asksForKeys() ? "asked" : "not-asked",
      admin: deps.admin.url(),
      models: clientNames(desired().models, now.spec.gateway.aliases),
    }),
    status,
    nodes: createNodesApi({
      store,
      fleet,
      rotation,
      keys: deps.ownKeys,
      lifetime: deps.lifetime,
      statuses: () => status().nodes,
      view: () => now.view,
      exoViews: exos.views,
      clock,
    }),
    keys: createKeysApi({ store, ...deps.keyUse, clock, randomBytes: deps.randomBytes }),
    admin: deps.admin.calls,
    discover: () => listDiscovered(watch.sightings(), fleet.nodes(), now.view),
    view: () => now.view,
    access,
    listModels: (view, cards) =>
      listModels({
        simulated: settings.simulated,
        view,
        members: store.members().map((member) => member.name),
        kept: wantedEntries(),
        drift: drift.findings(),
        servedAs: servedNames(work.runs(), now.spec.gateway.aliases),
        cards,
      }),
    work,
    classic,
    sync,
    entries: createEntriesApi(
      {
        access,
        fleet,
        store,
        describeModel: createDescribeModel(access),
        desired: () => ({ desired: desired().models, addedByRun: store.desired()?.added ?? [] }),
        entryOf: (model) => known().find(model)?.entry,
        clock,
      },
      deps.lifetime,
    ),
    store,
    spec: () => now.spec,
    known,
    useSpec: (spec) => {
      now.spec = spec;
    },
    ...(settings.enrolment === undefined ? {} : { enrolment: settings.enrolment }),
    clock,
    randomBytes: deps.randomBytes,
    lifetime: deps.lifetime,
  });
}
