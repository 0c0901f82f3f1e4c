import type { ClassicExoSettings } from "../../cluster/classic-launch.js";
import type { NodeName } from "../../cluster/names.js";
import { Problem } from "../../runtime/problem.js";
import { judgeRing } from "./judge-ring.js";
import type { RingStep } from "./ring-steps.js";
import { type RingTarget, ringId } from "./ring-target.js";
import { type RingNode, type RingView, ringNode } from "./ring-view.js";

/** Steps in order, none when everything is as wanted; or what stands in the way. */
export type NextRingSteps =
  | { readonly kind: "steps"; readonly steps: readonly RingStep[] }
  | { readonly kind: "blocked"; readonly problem: Problem; readonly mayPass: "soon" | "never" };

/**
 * What has to be done to get from what is to what is wanted. Every node is asked for its registry file in `view`. What runs as
 * wanted is left alone; a change of peers alone restarts nothing, since exo reads that file again by itself.
 *
 * @param proven ids of rings that have answered
 */
export function nextRingSteps(target: RingTarget, view: RingView, proven: ReadonlySet<string>): NextRingSteps {
  for (const { node: name } of target.stages) {
    const obstacle = obstacleOn(target, name, ringNode(view, name));
    if (obstacle !== undefined) return obstacle;
  }
  const entries = entrySteps(target, view);
  // Whatever runs has read its registry at its start, so the rest depends on what the file says then.
  if (entries.length > 0) return { kind: "steps", steps: entries };
  const starts = startSteps(target, view);
  const ring = ringId(target);
  const isWhole = starts.length === 0 && judgeRing(target, view).kind === "whole";
  const first = target.stages[0]?.node;
  const prove: RingStep[] =
    first === undefined || proven.has(ring) ? [] : [{ action: "prove-ring", node: first, ring }];
  return { kind: "steps", steps: [...starts, ...(isWhole ? [] : [{ action: "await-ring" as const, ring }]), ...prove] };
}

type Blocked = Extract<NextRingSteps, { kind: "blocked" }>;

const never = (problem: Problem): Blocked => ({ kind: "blocked", problem, mayPass: "never" });
const soon = (problem: Problem): Blocked => ({ kind: "blocked", problem, mayPass: "soon" });

function obstacleOn(target: RingTarget, name: NodeName, node: RingNode | undefined): Blocked | undefined {
  const { exo, report, trouble, registry } = node ?? {};
  if (report === undefined || exo === undefined || registry === undefined) {
    const why = trouble ?? "it has not been heard of";
    return soon(
      new Problem("unreachable", "classic_agent", `the agent on ${name} says nothing of its exo 0.0.x: ${why}`),
    );
  }
  if (exo.state === "running" && !exo.managed) {
    const message = `exo on ${name} was started by somebody else, so it can't be told its peers`;
    return never(new Problem("failed", "classic_foreign", message, `End it there: the agent starts its own.`));
  }
  if (report.engine !== target.entry.engine) {
    const message = `the agent on ${name} starts exo with the ${report.engine} engine, and the cluster file says ${target.entry.engine}`;
    const hint = "Set exo.classic.engine, or start the agent with --classic-engine.";
    return never(new Problem("failed", "classic_engine", message, hint));
  }
  if (target.settings.get(name)?.forcedMemoryMb === undefined || report.cannotForce === undefined) return undefined;
  const message = `layers can't be forced on ${name}: ${report.cannotForce}`;
  return never(new Problem("failed", "classic_force", message, "Set exo.classic.forceLayers: false."));
}

function entrySteps({ stages, entry }: RingTarget, view: RingView): readonly RingStep[] {
  const nodes = stages.map(({ node }) => node);
  const isThere = (name: NodeName): boolean =>
    ringNode(view, name)?.registry?.entries.some(
      ({ entry: found }) =>
        found.id === entry.id &&
        found.layers === entry.layers &&
        found.repo === entry.repo &&
        found.engine === entry.engine,
    ) === true;
  return nodes.every(isThere) ? [] : [{ action: "ensure-classic-entry", nodes, entry }];
}

/** Everything is stopped before anything is started: each join of a node to a running ring costs every node a model load. */
function startSteps(target: RingTarget, view: RingView): readonly RingStep[] {
  // What an agent said before it fell silent says nothing of now.
  const outside = view.nodes.filter(({ name, report }) => report?.running !== undefined && !target.settings.has(name));
  const stops: RingStep[] = outside.map(({ name }) => ({
    action: "stop-exo",
    node: name,
    because: "it is not part of the ring",
  }));
  const configures: RingStep[] = [];
  const starts: RingStep[] = [];
  for (const [name, settings] of target.settings) {
    const node = ringNode(view, name);
    if (node === undefined) continue;
    if (!isConfigured(node, settings)) configures.push({ action: "configure-exo", node: name, settings });
    const need = needOf(node, settings);
    if (need?.kind === "restart") stops.push({ action: "stop-exo", node: name, because: need.because });
    if (need !== undefined) starts.push({ action: "start-exo", node: name });
  }
  return [...stops, ...configures, ...starts];
}

const isConfigured = ({ report }: RingNode, wanted: ClassicExoSettings): boolean =>
  report?.configured !== undefined &&
  withoutPeers(report.configured) === withoutPeers(wanted) &&
  peersText(report.configured) === peersText(wanted);

type Need = { readonly kind: "start" } | { readonly kind: "restart"; readonly because: string };

function needOf({ report, registry }: RingNode, wanted: ClassicExoSettings): Need | undefined {
  const running = report?.running;
  if (running === undefined) return { kind: "start" };
  if (withoutPeers(running.settings) !== withoutPeers(wanted))
    return { kind: "restart", because: "it was started with other settings" };
  if (ownEntry(running.settings) !== ownEntry(wanted)) return { kind: "restart", because: "its address has changed" };
  if (running.registryDigest !== registry?.digest)
    return { kind: "restart", because: "it has read an older exo/models.py" };
  return undefined;
}

/** All that exo reads at its start alone. */
const withoutPeers = ({ nodeId, defaultModel, repo, responseTimeoutSec, forcedMemoryMb }: ClassicExoSettings): string =>
  JSON.stringify([nodeId, defaultModel, repo, responseTimeoutSec, forcedMemoryMb ?? null]);

const peersText = ({ peers }: ClassicExoSettings): string =>
  JSON.stringify(
    peers.map(({ id, address, port, model, chip, memoryMb }) => [id, address, port, model, chip, memoryMb]).toSorted(),
  );

const ownEntry = ({ nodeId, peers }: ClassicExoSettings): string => {
  const own = peers.find(({ id }) => id === nodeId);
  return JSON.stringify([own?.address, own?.port]);
};
