import { ringId } from "../apply/classic/ring-target.js";
import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import type { NodeName } from "../cluster/names.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { ServingModel } from "../route/serving-model.js";
import type { Clock } from "../runtime/clock.js";
import type { Close } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { type ClassicEyes, type ConnectClassic, createClassicEyes } from "./classic-eyes.js";
import { type ClusterGeneration, clusterGeneration } from "./classic-generation.js";
import { type ClassicModelWork, type ClassicModelWorkDeps, createClassicModelWork } from "./classic-model-work.js";
import { classicServing, type RingNow, ringVerdict } from "./classic-serving.js";
import { classicLack, withRing } from "./classic-status.js";
import { type ClassicWatch, watchClassicRing } from "./classic-watch.js";
import type { Fleet } from "./fleet.js";
import type { ModelRun } from "./model-run.js";
import type { StatusReport } from "./status-report.js";

/** Between two looks at a ring's processes, and for one of them to answer. */
const watchTimes = { everyMs: 500, deadlineMs: 2_000 };

export interface ClassicClusterDeps {
  readonly fleet: Fleet;
  readonly connect: ConnectClassic;
  readonly spec: () => ClusterSpec;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly lifetime: AbortSignal;
  /** How long a ring has to be whole again after a loss before it is used. */
  readonly settleMs: number;
}

/** A cluster's exo 0.0.x, for a controller that otherwise knows exo 1.x. */
export interface ClassicCluster {
  readonly generation: () => ClusterGeneration;
  /** The same access, which also looks at the ring where there is one. */
  seeing(access: ClusterAccess): ClusterAccess;
  work(deps: Omit<ClassicModelWorkDeps, "eyes">): ClassicModelWork;
  serving(runs: readonly ModelRun[], aliases: Readonly<Record<string, string>>): readonly ServingModel[];
  status(report: StatusReport, runs: readonly ModelRun[]): StatusReport;
  lack(run: ModelRun, view: ClusterView | undefined): string | undefined;
  /** Starts to watch the ring's processes; ends with `lifetime`. */
  begin(): void;
  readonly ended: () => Promise<void>;
  readonly close: Close;
}

export function createClassicCluster(deps: ClassicClusterDeps): ClassicCluster {
  const { fleet, clock, logger, lifetime } = deps;
  const eyes: ClassicEyes = createClassicEyes({ fleet, connect: deps.connect });
  const generation = (): ClusterGeneration => clusterGeneration(deps.spec(), fleet.nodes());
  let work: ClassicModelWork | undefined;
  let watch: ClassicWatch | undefined;
  const now = (): RingNow => ({ target: work?.target(), view: eyes.last(), lost: watch?.lost() ?? [] });
  return {
    generation,
    seeing: (access) => ({
      ...access,
      observe: async (signal) => {
        const view = await access.observe(signal);
        if (generation().kind === "classic") await eyes.glance(signal);
        return view;
      },
    }),
    work: (further) => {
      work = createClassicModelWork({ ...further, eyes });
      return work;
    },
    begin: () => {
      // Not before it has answered once: until then everybody knows that it does not run.
      const members = (): readonly NodeName[] => {
        const target = work?.target();
        const isProven = target !== undefined && work?.runs().some(({ proven }) => proven.has(ringId(target))) === true;
        return isProven ? target.stages.map(({ node }) => node) : [];
      };
      const isWhole = (): boolean => ringVerdict({ ...now(), lost: [] }).kind === "whole";
      const { settleMs } = deps;
      watch = watchClassicRing({ eyes, members, isWhole, clock, logger, settleMs, ...watchTimes }, lifetime);
    },
    serving: (runs, aliases) => classicServing(runs, aliases, now()),
    status: (report, runs) => withRing(report, runs, now()),
    lack: (run, view) => classicLack(run, now(), view),
    ended: async () => await watch?.ended,
    close: eyes.close,
  };
}
