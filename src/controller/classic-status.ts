import { ringId } from "../apply/classic/ring-target.js";
import type { ClusterView } from "../apply/cluster-access.js";
import { type RingNow, ringVerdict } from "./classic-serving.js";
import type { ModelRun } from "./model-run.js";
import type { ModelStatus, RingStatus, StageStatus, StatusReport } from "./status-report.js";

/** A status with what is peculiar to a ring of exo 0.0.x: one instance that exo itself knows nothing of, and forced values. */
export function withRing(report: StatusReport, runs: readonly ModelRun[], now: RingNow): StatusReport {
  const ring = ringStatus(now);
  return {
    ...report,
    models: report.models.map((model, at) => ringModel(model, runs[at], now)),
    ring,
    problems: [...report.problems, ...ring.problems],
  };
}

function ringStatus(now: RingNow): RingStatus {
  const verdict = ringVerdict(now);
  const forced = now.view.nodes.flatMap(({ name, report }) => {
    const memoryMb = report?.running?.settings.forcedMemoryMb;
    return memoryMb === undefined ? [] : [{ node: name, memoryMb }];
  });
  return {
    state: verdict.kind,
    order: now.target?.stages.map(({ node }) => node) ?? [],
    forced,
    problems:
      verdict.kind === "broken" && now.target !== undefined ? verdict.reasons.map((reason) => `ring: ${reason}`) : [],
  };
}

function ringModel(model: ModelStatus, run: ModelRun | undefined, { target }: RingNow): ModelStatus {
  if (target === undefined || run === undefined || target.model !== model.name) return model;
  const planned = run.plan?.copies[0]?.evaluation;
  const stages = target.stages.map(({ node, layers }, rank): StageStatus => {
    const memory = planned?.stages.find((stage) => stage.node === node);
    return { ...memory, node, rank, startLayer: layers.start, endLayer: layers.end };
  });
  const { state, reason } = model;
  return {
    ...model,
    instance: target.entry.id,
    stages,
    copies: [
      {
        instance: ringId(target),
        modelId: target.entry.id,
        state,
        reason,
        sharding: "pipeline",
        stages,
        predictedTokensPerSec: planned === undefined ? null : 1 / planned.latencySec,
      },
    ],
    predicted: run.plan?.predicted ?? null,
  };
}

/** What a ring lacks in what was seen last, in a few words; undefined when there is nothing to do for it. */
export function classicLack(run: ModelRun, now: RingNow, view: ClusterView | undefined): string | undefined {
  const { target } = now;
  if (target === undefined || !run.proven.has(ringId(target))) return "it is not served";
  const verdict = ringVerdict(now);
  if (verdict.kind === "broken") return verdict.reasons[0];
  const newcomer = view?.inventory.nodes.find(
    ({ name, notReady, cordoned }) => notReady.length === 0 && !cordoned && !target.settings.has(name),
  );
  return newcomer === undefined ? undefined : `${newcomer.name} was not there when it was planned`;
}
