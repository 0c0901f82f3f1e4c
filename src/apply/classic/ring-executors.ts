import { Problem } from "../../runtime/problem.js";
import type { StepResult } from "../steps.js";
import { ensureClassicEntry } from "./ensure-entry.js";
import { judgeRing } from "./judge-ring.js";
import { proveRing } from "./prove-ring.js";
import type { RingContext } from "./ring-context.js";
import type { RingExecutors, RingStepArgs } from "./ring-steps.js";
import { ringNode } from "./ring-view.js";

export const ringExecutors = (context: RingContext): RingExecutors => ({
  "ensure-classic-entry": ({ nodes, entry }, signal) => ensureClassicEntry(context, nodes, entry, signal),
  "configure-exo": async ({ node, settings }, signal) => {
    await agentOf(context, node).classicExo.configure(settings, signal);
    return { outcome: "configured", effect: "changed" };
  },
  "stop-exo": async ({ node }, signal) => {
    await agentOf(context, node).stopExo(signal);
    return { outcome: "stopped", effect: "changed" };
  },
  "start-exo": ({ node }, signal) => startExo(context, node, signal),
  "await-ring": (_args, signal) => awaitRing(context, signal),
  "prove-ring": (args, signal) => proveRing(context, args, signal),
});

function agentOf({ access }: RingContext, node: RingStepArgs["start-exo"]["node"]) {
  const agent = access.agent(node);
  if (agent !== undefined) return agent;
  const hint = "Check that it runs there.";
  throw new Problem("unreachable", "agent_unreachable", `the agent on ${node} cannot be reached`, hint);
}

async function startExo(
  context: RingContext,
  node: RingStepArgs["start-exo"]["node"],
  signal: AbortSignal,
): Promise<StepResult> {
  const { access, clock, timings } = context;
  await agentOf(context, node).startExo(signal);
  const startedAt = clock.now();
  for (;;) {
    const seen = ringNode(await access.observe([], signal), node);
    if (seen?.report?.running !== undefined) return { outcome: "started", effect: "changed" };
    if (clock.now() - startedAt >= timings.startMs) {
      const why = seen?.exo?.problem ?? seen?.trouble ?? "its agent does not say why";
      throw new Problem("failed", "exo_not_started", `exo on ${node} does not start: ${why}`, "See its log there.");
    }
    await clock.sleep(timings.pollMs, signal);
  }
}

async function awaitRing(context: RingContext, signal: AbortSignal): Promise<StepResult> {
  const { access, clock, timings, target, note } = context;
  const startedAt = clock.now();
  for (let told = ""; ; ) {
    const verdict = judgeRing(target, await access.observe([], signal));
    const tookMs = clock.now() - startedAt;
    if (verdict.kind === "whole") return { outcome: `whole after ${(tookMs / 1_000).toFixed(1)} s`, effect: "none" };
    const why = verdict.reasons.join("; ");
    if (tookMs >= timings.agreeMs) {
      const hint = "Every node has to reach every other one's port for peers; `exoctl status` shows what each lacks.";
      throw new Problem("failed", "ring_not_whole", `the nodes do not form the ring: ${why}`, hint);
    }
    if (why !== told) note(`waiting: ${why}`);
    told = why;
    await clock.sleep(timings.pollMs, signal);
  }
}
