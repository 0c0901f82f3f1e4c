import { resolveModel } from "../route/resolve-model.js";
import type { ServingModel } from "../route/serving-model.js";
import { type ApiError, serverError } from "./api-error.js";
import type { GatewayContext } from "./gateway-settings.js";
import { createRingUpstream } from "./ring-upstream.js";
import type { Upstream } from "./upstream.js";

/** A request's place at a ring. */
export type RingPlace =
  | {
      readonly kind: "turn";
      /** For the one attempt that this turn allows. */
      readonly upstream: Upstream;
      /** The request needs it no more. The ring is free for the next one when it has done with this one. */
      leave(): void;
    }
  | { readonly kind: "refused"; readonly error: ApiError };

const lookEveryMs = 100;
const retryAfterSec = 10;

/**
 * Waits for a turn at the ring of this model, and until all of its nodes agree: after a loss that passes by itself. A ring that
 * is not coming back is no reason to wait; whoever has the turn is then told why. Rejects only when the signal aborts.
 */
export async function queueForRing(
  model: ServingModel,
  gateway: GatewayContext,
  signal: AbortSignal,
): Promise<RingPlace> {
  const { clock, limits, rings } = gateway;
  const startedAt = clock.now();
  const outcome = await rings.enter(model.name, signal);
  if (outcome.kind !== "turn") return { kind: "refused", error: outcome.kind === "full" ? queueFull : queueLate };
  const now = (): ServingModel => {
    const found = resolveModel(model.name, gateway.models());
    return found.kind === "model" ? found.model : model;
  };
  try {
    while (now().state === "loading" && clock.now() - startedAt < limits.queueMs)
      await clock.sleep(lookEveryMs, signal);
  } catch (error) {
    outcome.giveBack();
    throw error;
  }
  let asked: "no" | "yes" = "no";
  const upstream = createRingUpstream({
    upstream: gateway.ringUpstream,
    clock,
    lost: () => {
      const { state, reason } = now();
      return state === "ready" ? undefined : (reason ?? "it is not there any more");
    },
    drainSilenceMs: limits.silenceMs,
    onOver: outcome.giveBack,
  });
  return {
    kind: "turn",
    upstream: {
      open: (request, sink) => {
        asked = "yes";
        return upstream.open(request, sink);
      },
    },
    leave: () => {
      if (asked === "no") outcome.giveBack();
    },
  };
}

const queueFull: ApiError = serverError(
  503,
  "queue_full",
  "Too many requests wait for this model already.",
  retryAfterSec,
);
const queueLate: ApiError = serverError(
  503,
  "queue_timeout",
  "The model was busy with other requests for too long.",
  retryAfterSec,
);
