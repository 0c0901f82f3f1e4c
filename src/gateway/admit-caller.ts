import type { ApiError } from "./api-error.js";
import type { GatewayContext } from "./gateway-settings.js";
import type { TokenMeter } from "./keys/meter-answer.js";
import type { RequestContext } from "./request-context.js";

export type CallerAdmission =
  | {
      readonly kind: "admitted";
      /** The answer is over: what it used is the caller's. */
      leave(meter: TokenMeter): void;
    }
  | { readonly kind: "refused"; readonly error: ApiError };

/** Holds a caller with a key to its limits, and tells it how it stands; whoever needs no key has none. */
export function admitCaller({ keys }: GatewayContext, context: RequestContext): CallerAdmission {
  const { caller, response, facts, signal } = context;
  const note = (meter: TokenMeter) => {
    // What no exo was asked for has cost nothing.
    const usage = meter.usage(signal.aborted && facts.attempts !== undefined ? "given-up" : "ended");
    facts.promptTokens = usage.promptTokens;
    facts.completionTokens = usage.completionTokens;
    return usage;
  };
  if (caller.kind !== "key" || keys === undefined) return { kind: "admitted", leave: note };
  const admission = keys.admit(caller.key);
  response.setHeaders(new Map(Object.entries(admission.headers)));
  if (admission.kind === "refused") return admission;
  return {
    kind: "admitted",
    leave: (meter) => {
      admission.leave();
      keys.addUsage(caller.key.id, note(meter));
    },
  };
}
