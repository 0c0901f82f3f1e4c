import { judgeClassicRing } from "../../inventory/classic-agreement.js";
import type { ClassicNodeView } from "../../inventory/classic-node-view.js";
import type { TargetStage } from "../target.js";
import type { RingTarget } from "./ring-target.js";
import { type RingView, ringNode } from "./ring-view.js";

/** Whether a ring runs as it shall. */
export type RingVerdict =
  | { readonly kind: "whole" }
  /** At least one reason, one sentence each. */
  | { readonly kind: "broken"; readonly reasons: readonly string[] };

/** Compares what each node of the ring says with the target: they have to agree, and on these layers. */
export function judgeRing(target: Pick<RingTarget, "entry" | "stages" | "settings">, view: RingView): RingVerdict {
  const { layers, id } = target.entry;
  const down = target.stages.flatMap(({ node }) => downReason(view, node));
  if (down.length > 0) return { kind: "broken", reasons: down };
  const agreement = judgeClassicRing(
    target.stages.map(({ node }) => nodeView(target, view, node)),
    layers,
  );
  if (agreement.kind === "not-agreed")
    return { kind: "broken", reasons: agreement.problems.map(({ message }) => message) };
  if (!sameRanges(agreement.ring, target.stages)) {
    const reason = `the nodes agree on ${rangesText(agreement.ring)} layers instead of ${rangesText(target.stages)}`;
    return { kind: "broken", reasons: [reason] };
  }
  const unlisted = target.stages.filter(({ node }) => !(ringNode(view, node)?.models ?? []).includes(id));
  if (unlisted.length === 0) return { kind: "whole" };
  const reason = `exo on ${unlisted.map(({ node }) => node).join(", ")} does not list ${id}`;
  return { kind: "broken", reasons: [reason] };
}

/** The agent knows sooner than any peer that its exo has died. */
function downReason(view: RingView, name: string): readonly string[] {
  const node = ringNode(view, name);
  if (node?.exo === undefined) return [`${name} has not been heard of`];
  if (node.topology !== undefined && node.exo.state === "running") return [];
  const because = node.exo.problem === undefined ? "" : `: ${node.exo.problem}`;
  if (node.exo.state !== "running") return [`exo on ${name} is ${node.exo.state}${because}`];
  return [`exo on ${name} does not answer`];
}

function nodeView({ settings }: Pick<RingTarget, "settings">, view: RingView, name: string): ClassicNodeView {
  const node = ringNode(view, name);
  const own = [...settings.values()][0]?.peers.find(({ id }) => id === name);
  // Where exo reads memory itself, its figure may differ a little from the agent's.
  const known = node?.report !== undefined && node.report.cannotForce === undefined;
  return {
    node: name,
    ...(node?.topology === undefined ? {} : { topology: node.topology }),
    ...(own !== undefined && known ? { expectedMb: own.memoryMb } : {}),
  };
}

const sameRanges = (ring: readonly TargetOrShard[], stages: readonly TargetStage[]): boolean =>
  ring.length === stages.length &&
  ring.every(({ node, layers }, at) => {
    const stage = stages[at];
    return stage?.node === node && stage.layers.start === layers.start && stage.layers.end === layers.end;
  });

type TargetOrShard = { readonly node: string; readonly layers: TargetStage["layers"] };

const rangesText = (ring: readonly TargetOrShard[]): string =>
  ring.map(({ node, layers }) => `${node} ${layers.end - layers.start}`).join(" > ");
