import type { ClusterAccess } from "../apply/cluster-access.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import { type KnownModels, knownModels } from "../models/known-models.js";
import type { ServingModel } from "../route/serving-model.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { AdminApi } from "./admin-api.js";
import { save } from "./admin-calls.js";
import { createClassicCluster } from "./classic-cluster.js";
import { createClassicWork } from "./classic-work.js";
import { createClusterAccess } from "./cluster-access.js";
import { type ControlLoop, startControlLoop } from "./control-loop.js";
import { type ControllerNow, createControllerApi, type GatewayFacts } from "./controller-api.js";
import type { ControllerDeps } from "./controller-deps.js";
import { applyFile, writtenModels } from "./desired-models.js";
import { desiredReader } from "./desired-reader.js";
import { createDriftWatch } from "./drift/watch-drift.js";
import { createExoViews } from "./exo-views.js";
import { createFleet } from "./fleet.js";
import { entriesOfAdded, entriesOfRuns, type KeptEntry } from "./kept-entries.js";
import { lackOf } from "./lack-of.js";
import { createLocalWeights } from "./local-weights.js";
import type { ModelRun } from "./model-run.js";
import { createModelWork } from "./model-work.js";
import { createKeyRotation } from "./nodes/key-rotation.js";
import { cordonedNodes } from "./plan-model.js";
import { servingModels } from "./serving-models.js";
import { createSplitWatch } from "./split-watch.js";
import { createWeightsCopier } from "./sync/copy-weights.js";
import { createModelSync } from "./sync/sync-model.js";
import { createSyncNodes } from "./sync/sync-nodes.js";
import { workByGeneration } from "./work-by-generation.js";

/** The stages put together: what is desired, what is seen, and the loop between them. */
export interface Controller {
  readonly api: AdminApi;
  readonly access: ClusterAccess;
  /** Which exo the nodes run, as far as they have said; `modern` until then. */
  generation(): "modern" | "classic";
  /** Why exos did not answer at the last look, one sentence each. */
  exoTroubles(): readonly string[];
  /** The models as the gateway serves them, by the newest view. */
  serving(): readonly ServingModel[];
  /** Where the gateway answers, such as `http://127.0.0.1:8415`, and whether clients have to show a key there. */
  setGateway(gateway: GatewayFacts): void;
  /** The settings that hold now. */
  spec(): ClusterSpec;
  /** Takes over the cluster file and starts to look at the cluster. */
  begin(): Promise<void>;
  startHealing(): void;
  /** Resolves when `lifetime` has ended, and with it the loop and all work on models. */
  ended(): Promise<void>;
  readonly close: Close;
}

export function createController(deps: ControllerDeps): Controller {
  const { settings, store, clock, logger } = deps;
  const now: ControllerNow = { spec: settings.spec, view: undefined, gateway: { url: "", asksForKeys: () => false } };
  const eyes = openEyes(deps, now);
  const { access, ring } = eyes;
  const desired = desiredReader(store);
  const localWeights = createLocalWeights(access);
  const known = (): KnownModels => knownModels(store.addedModels(), localWeights.known());
  const sync = createModelSync({
    nodes: createSyncNodes(eyes.fleet, () => now.view?.inventory.links ?? []),
    spec: () => now.spec,
    clock,
    logger,
    lifetime: deps.lifetime,
  });
  const common = { access, spec: () => now.spec, desired, known, clock, logger };
  const modern = createModelWork({
    ...common,
    clusterId: store.clusterId,
    copier: createWeightsCopier(sync),
    localWeights,
    entryMode: (entry) => (settings.exoHosts === undefined ? entry.entry : "builtin"),
    newUuid: deps.newUuid,
    timings: settings.timings,
  });
  const { pollMs } = settings.timings;
  const classicWork = ring.work({ ...common, timings: pollMs === undefined ? {} : { pollMs } });
  const work = workByGeneration({ modern, classic: classicWork, generation: ring.generation });
  const classic = createClassicWork({ fleet: eyes.fleet, lifetime: deps.lifetime });
  const isClassic = (): boolean => ring.generation().kind === "classic";
  const serving = (): readonly ServingModel[] =>
    isClassic()
      ? ring.serving(work.runs(), now.spec.gateway.aliases)
      : servingModels(work.runs(), now.spec.gateway.aliases, now.view);
  const wantedEntries = (): readonly KeptEntry[] => [
    ...entriesOfRuns(work.runs()),
    ...entriesOfAdded(store.addedModels(), store.members()),
  ];
  const drift = createDriftWatch({ wanted: wantedEntries, access, clock, logger, lifetime: deps.lifetime });
  let loop: ControlLoop | undefined;
  return {
    api: createControllerApi(deps, now, {
      access,
      fleet: eyes.fleet,
      exos: eyes.exos,
      rotation: eyes.rotation,
      ring,
      desired,
      known,
      work,
      sync,
      classic,
      serving,
      wantedEntries,
      drift,
    }),
    access,
    generation: () => (isClassic() ? "classic" : "modern"),
    exoTroubles: eyes.exos.troubles,
    serving,
    spec: () => now.spec,
    setGateway: (gateway) => {
      now.gateway = gateway;
    },
    begin: async () => {
      const before = store.desired();
      const author = { by: "up", at: clock.now(), reason: "start" };
      const after = applyFile(before, writtenModels(settings.clusterYaml), author);
      if (after !== before) await save(store, after);
      const lack = (run: ModelRun): string | undefined =>
        isClassic() ? ring.lack(run, now.view) : lackOf(run, now.view);
      // Where it was ended between the last node and this.
      await eyes.rotation.settle();
      ring.begin();
      const manages = (): boolean => now.spec.exo.manage;
      const split = createSplitWatch({ access, manages, clock, logger, lifetime: deps.lifetime });
      loop = startControlLoop({ access, work, drift, split, lack, clock, logger }, deps.lifetime);
    },
    startHealing: () => loop?.startHealing(),
    ended: async () => {
      await loop?.ended;
      await Promise.all([work.idle(), classic.idle(), ring.ended()]);
    },
    close: closeAll([eyes.fleet.close, eyes.exos.close, ring.close]),
  };
}

/** Everything that looks at the cluster. */
function openEyes(deps: ControllerDeps, now: ControllerNow) {
  const { settings, store, clock, logger, watch } = deps;
  const rotation = createKeyRotation({ keys: deps.ownKeys, store, logger });
  const fleet = createFleet({
    members: store.members,
    hints: watch.hints,
    dial: deps.dial,
    verified: watch.verified,
    remember: async (agent, lastAddress) => void (await store.changeMember(agent, { lastAddress })),
    term: store.term,
    rotate: rotation.advance,
    otherwise: rotation.otherwise,
    clock,
    logger,
  });
  const exos = createExoViews({
    connect: deps.connectExo,
    clock,
    simulated: settings.simulated ? "simulated" : "real",
  });
  const ring = createClassicCluster({
    fleet,
    connect: deps.connectClassic,
    spec: () => now.spec,
    clock,
    logger,
    lifetime: deps.lifetime,
    // Simulated exos wait a tenth of the time.
    settleMs: settings.simulated ? 1_500 : 5_000,
  });
  const access = createClusterAccess({
    clusterId: store.clusterId,
    fleet,
    exos,
    exoHosts: settings.exoHosts ?? [],
    cordoned: () => cordonedNodes(now.spec, store.members()),
    generation: () => (ring.generation().kind === "classic" ? "classic" : "modern"),
    clock,
    onView: (view) => {
      now.view = view;
    },
  });
  return { fleet, rotation, exos, ring, access: ring.seeing(access) };
}
