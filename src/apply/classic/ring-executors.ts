import { ClassicChatError } from "../../inventory/classic-exo.js";
import type { Clock } from "../../runtime/clock.js";
import { Problem } from "../../runtime/problem.js";
import type { StepResult } from "../steps.js";
import { ensureClassicEntry } from "./ensure-entry.js";
import { judgeRing } from "./judge-ring.js";
import type { RingExecutors, RingStepArgs } from "./ring-steps.js";
import type { RingTarget } from "./ring-target.js";
import { type RingAccess, ringNode } from "./ring-view.js";

/** How long a ring is waited for, in milliseconds. */
export interface RingTimings {
  /** Between two looks. */
  readonly pollMs: number;
  /** For a process to be there after its start, crashes at its beginning included. */
  readonly startMs: number;
  /** For all nodes to agree: exo sees a peer after 5 to 19 s, and one that died after 15. */
  readonly agreeMs: number;
  /** Until the first token of the proof: the nodes load the model for it. */
  readonly firstTokenMs: number;
  readonly silenceMs: number;
}

export const defaultRingTimings: RingTimings = {
  pollMs: 500,
  startMs: 30_000,
  agreeMs: 120_000,
  firstTokenMs: 600_000,
  silenceMs: 120_000,
};

/** What every executor needs. */
export interface RingContext {
  readonly target: RingTarget;
  readonly access: RingAccess;
  readonly clock: Clock;
  readonly timings: RingTimings;
  /** A question, and what a right answer contains; the dummy engine has one answer to everything. */
  readonly question: { readonly prompt: string; readonly expected?: string };
  /** Tells what is being waited for. */
  readonly note: (text: string) => void;
}

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

async function proveRing(
  context: RingContext,
  { node }: RingStepArgs["prove-ring"],
  signal: AbortSignal,
): Promise<StepResult> {
  const { access, clock, target, question, timings } = context;
  const api = access.api(node);
  if (api === undefined)
    throw new Problem(
      "unreachable",
      "exo_unreachable",
      `exo on ${node} cannot be reached`,
      "Check that it runs there.",
    );
  const startedAt = clock.now();
  let firstMs: number | undefined;
  let text = "";
  try {
    const request = { model: target.entry.id, messages: [{ role: "user" as const, content: question.prompt }] };
    for await (const event of api.chat(request, timings, signal)) {
      if (event.kind === "end") continue;
      firstMs ??= clock.now() - startedAt;
      text += event.text;
    }
  } catch (error) {
    if (!(error instanceof ClassicChatError)) throw error;
    throw new Problem("failed", error.code, `the ring gave no answer: ${error.detail}`, hintOf(error), {
      cause: error,
    });
  }
  const isRight =
    question.expected === undefined ? text !== "" : text.toLowerCase().includes(question.expected.toLowerCase());
  if (isRight) return { outcome: `answered, first token after ${firstMs ?? 0} ms`, effect: "none" };
  const said = JSON.stringify(text.replace(/\s+/g, " ").trim().slice(0, 80));
  const message = `the ring gave a wrong answer: to ${JSON.stringify(question.prompt)} it said ${said}`;
  throw new Problem("failed", "wrong_answer", message, "Compare the model's files on the nodes, then apply again.");
}

const hintOf = ({ code }: ClassicChatError): string =>
  code === "chat_other_model"
    ? "The node that was asked does not know the entry: `exoctl model list --classic --nodes`."
    : "See exo's logs on the nodes; `exoctl status` shows whether they agree.";
