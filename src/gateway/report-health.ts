import { pickTarget } from "../route/pick-target.js";
import type { ServingModel } from "../route/serving-model.js";
import type { GatewayContext } from "./gateway-settings.js";
import type { RequestContext } from "./request-context.js";
import { sendJson } from "./send-json.js";

/** `GET /healthz`: this process answers. Says nothing of models. */
export function reportHealth(_: GatewayContext, { response }: RequestContext): void {
  sendJson(response, 200, JSON.stringify({ status: "ok" }));
}

/**
 * `GET /readyz`: 200 when at least one model would be answered, else 503, with the state of each. Whoever has shown no key where
 * one is asked for, such as a load balancer, is told the first part only.
 */
export function reportReadiness({ models, outstanding }: GatewayContext, { response, caller }: RequestContext): void {
  const known = models();
  const isReady = (model: ServingModel): boolean =>
    model.state === "ready" && pickTarget(model.targets, outstanding) !== undefined;
  const ready = known.some(isReady);
  const report = {
    status: ready ? "ready" : "not ready",
    ...(caller.kind === "stranger" ? {} : { models: known.map(stateOf) }),
  };
  sendJson(response, ready ? 200 : 503, JSON.stringify(report));
}

const stateOf = ({ name, state, reason }: ServingModel): object =>
  reason === undefined ? { name, state } : { name, state, reason };
