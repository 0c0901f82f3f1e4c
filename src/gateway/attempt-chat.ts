import type { ServingModel, Target } from "../route/serving-model.js";
import type { AnswerIdentity } from "./answer-sink.js";
import { createAssembler } from "./assemble-answer.js";
import type { GatewayContext } from "./gateway-settings.js";
import type { TokenMeter } from "./keys/meter-answer.js";
import type { ChatRequest } from "./parse-chat-request.js";
import type { RequestContext } from "./request-context.js";
import { type AttemptOutcome, runAttempt } from "./run-attempt.js";
import { sendJson } from "./send-json.js";
import { createStreamAnswer } from "./stream-answer.js";
import { createChunkWriter } from "./stream-chunks.js";
import type { Upstream } from "./upstream.js";
import { type UpstreamSettings, upstreamBody } from "./upstream-body.js";

/** One client request on its way. */
export interface ChatJob {
  readonly gateway: GatewayContext;
  readonly context: RequestContext;
  readonly request: ChatRequest;
  readonly meter: TokenMeter;
}

/** What every part of an answer says of itself. */
export const identityOf = (
  id: string,
  model: ServingModel,
  target: Target,
  context: RequestContext,
): AnswerIdentity => ({
  id,
  created: Math.floor(context.startedAt / 1_000),
  model: model.name,
  origin: target.simulated ? "simulated" : "real",
});

/** One target's try, counted while it lasts. A finished answer has been sent when this resolves. */
export async function attemptChat(
  target: Target,
  upstream: Upstream,
  settings: UpstreamSettings,
  identity: AnswerIdentity,
  { gateway, context, request, meter }: ChatJob,
): Promise<AttemptOutcome> {
  const { clock, limits, outstanding } = gateway;
  const { response, signal, startedAt, facts } = context;
  const common = {
    upstream,
    target,
    body: upstreamBody(request, settings, target.upstreamModel),
    clock,
    limits,
    signal,
    onFirstToken: () => {
      facts.firstTokenMs = clock.now() - startedAt;
    },
  };
  outstanding.set(target.id, (outstanding.get(target.id) ?? 0) + 1);
  try {
    if (request.answerAs === "stream") {
      const writer = createChunkWriter(identity, request.usageInStream);
      const waitedEnough = (): boolean => clock.now() - startedAt >= limits.holdHeadMs;
      const answer = meter.count(createStreamAnswer({ response, writer, waitedEnough }));
      const outcome = await runAttempt({ ...common, answer });
      if (outcome.kind === "finished") answer.end();
      // What came in one packet with the failure has not been sent yet.
      else if (outcome.kind === "failed" && outcome.tokens === "some") answer.flush(() => {});
      return outcome;
    }
    const answer = meter.count(createAssembler(identity));
    const outcome = await runAttempt({ ...common, answer });
    if (outcome.kind === "finished") sendJson(response, 200, answer.result());
    return outcome;
  } finally {
    const left = (outstanding.get(target.id) ?? 1) - 1;
    if (left > 0) outstanding.set(target.id, left);
    else outstanding.delete(target.id);
  }
}
