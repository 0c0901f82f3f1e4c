import { ClassicChatError, type ClassicChatTiming, type ClassicExoApi } from "../../inventory/classic-exo.js";
import { Problem } from "../../runtime/problem.js";
import type { StepResult } from "../steps.js";
import { judgeRing } from "./judge-ring.js";
import type { RingContext } from "./ring-context.js";
import type { RingStepArgs } from "./ring-steps.js";

/** The ring came apart, or lost the question, while it was asked. To be tried again once it is whole. */
export class RingBrokeError extends Error {
  override readonly name = "RingBrokeError";
}

/** The dummy engine loads nothing and computes nothing. */
const dummyTiming: ClassicChatTiming = { firstTokenMs: 10_000, silenceMs: 10_000 };

/** Asks the ring one question. @throws RingBrokeError, or Problem when the answer proves that the ring is no use */
export async function proveRing(
  context: RingContext,
  { node }: RingStepArgs["prove-ring"],
  signal: AbortSignal,
): Promise<StepResult> {
  const { access, clock, target } = context;
  const api = access.api(node);
  if (api === undefined) {
    const message = `exo on ${node} cannot be reached`;
    throw new Problem("unreachable", "exo_unreachable", message, "Check that it runs there.");
  }
  const startedAt = clock.now();
  const watching = new AbortController();
  const broken = watchRing(context, AbortSignal.any([signal, watching.signal]));
  const until = AbortSignal.any([signal, broken.signal]);
  try {
    const text = await answerOf(context, api, until);
    judgeAnswer(context, text);
    return { outcome: `answered after ${clock.now() - startedAt} ms`, effect: "none" };
  } catch (error) {
    signal.throwIfAborted();
    if (broken.signal.aborted) throw broken.signal.reason;
    if (!(error instanceof ClassicChatError)) throw error;
    if (error.retryable) throw new RingBrokeError(error.detail, { cause: error });
    const hint = `The node that was asked does not know ${target.entry.id}: \`exoctl model list --classic --nodes\`.`;
    throw new Problem("failed", error.code, `the ring gave no answer: ${error.detail}`, hint, { cause: error });
  } finally {
    watching.abort();
    await broken.ended;
  }
}

async function answerOf(
  { target, question, timings }: RingContext,
  api: ClassicExoApi,
  signal: AbortSignal,
): Promise<string> {
  const request = { model: target.entry.id, messages: [{ role: "user" as const, content: question.prompt }] };
  const timing = target.entry.engine === "dummy" ? dummyTiming : timings;
  let text = "";
  for await (const event of api.chat(request, timing, signal)) if (event.kind === "token") text += event.text;
  return text;
}

function judgeAnswer({ question }: RingContext, text: string): void {
  const { expected, prompt } = question;
  if (expected === undefined ? text !== "" : text.toLowerCase().includes(expected.toLowerCase())) return;
  const said = JSON.stringify(text.replace(/\s+/g, " ").trim().slice(0, 80));
  const message = `the ring gave a wrong answer: to ${JSON.stringify(prompt)} it said ${said}`;
  throw new Problem("failed", "wrong_answer", message, "Compare the model's files on the nodes, then apply again.");
}

/** Looks at the ring while it is asked: exo would stay silent until its own limit. */
function watchRing({ access, clock, timings, target }: RingContext, until: AbortSignal) {
  const broke = new AbortController();
  const loop = async (): Promise<void> => {
    for (;;) {
      await clock.sleep(timings.pollMs, until);
      const verdict = judgeRing(target, await access.observe([], until));
      if (verdict.kind === "broken") return broke.abort(new RingBrokeError(verdict.reasons.join("; ")));
    }
  };
  // Its only other end is the end of the watch.
  const ended = loop().catch(() => undefined);
  return { signal: broke.signal, ended };
}
