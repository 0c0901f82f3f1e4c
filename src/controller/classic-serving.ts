import { judgeRing, type RingVerdict } from "../apply/classic/judge-ring.js";
import { type RingTarget, ringId } from "../apply/classic/ring-target.js";
import { type RingView, ringNode } from "../apply/classic/ring-view.js";
import type { ServingModel, Target } from "../route/serving-model.js";
import type { ModelRun } from "./model-run.js";

/** A ring as it is now: what it shall be, what its nodes say, and who was lost since. */
export interface RingNow {
  readonly target: RingTarget | undefined;
  readonly view: RingView;
  /** Members that do not answer, one sentence each: newer than `view`. */
  readonly lost: readonly string[];
}

/** Whether the ring can be used, by all that is known. */
export function ringVerdict({ target, view, lost }: RingNow): RingVerdict {
  if (target === undefined) return { kind: "broken", reasons: ["it is being planned"] };
  return lost.length > 0 ? { kind: "broken", reasons: lost } : judgeRing(target, view);
}

/** The model of a ring as the gateway serves it: by its first node, since every answer begins there. */
export function classicServing(
  runs: readonly ModelRun[],
  aliases: Readonly<Record<string, string>>,
  now: RingNow,
): readonly ServingModel[] {
  return runs.map((run): ServingModel => {
    const { name } = run.entry;
    const common = {
      name,
      aliases: Object.entries(aliases).flatMap(([alias, of]) => (of === name ? [alias] : [])),
      contextTokens: run.entry.serve.context,
      ring: "classic" as const,
    };
    const verdict = ringVerdict(now);
    const { target } = now;
    if (target === undefined || target.model !== name || !run.proven.has(ringId(target)))
      return run.trouble === undefined
        ? { ...common, state: "loading", reason: "the ring is being brought up", targets: [] }
        : { ...common, state: "unavailable", reason: run.trouble.message, targets: [] };
    if (verdict.kind === "broken")
      return { ...common, state: "loading", reason: verdict.reasons.join("; "), targets: [] };
    return { ...common, state: "ready", targets: targetsOf(target, now.view) };
  });
}

function targetsOf(target: RingTarget, view: RingView): readonly Target[] {
  const node = ringNode(view, target.stages[0]?.node ?? "");
  if (node?.address === undefined || node.exo === undefined) return [];
  const host = node.address.includes(":") ? `[${node.address}]` : node.address;
  return [
    {
      id: `${target.entry.id}@${node.name}`,
      copy: ringId(target),
      baseUrl: `http://${host}:${node.exo.apiPort}`,
      upstreamModel: target.entry.id,
      ready: true,
      simulated: node.simulated,
    },
  ];
}
