import { type ApiError, badRequest } from "./api-error.js";
import { answerChat } from "./chat-completions.js";
import type { RouteAccess } from "./door/identify-caller.js";
import type { GatewayContext } from "./gateway-settings.js";
import { listModels, showModel } from "./list-models.js";
import { reportHealth, reportReadiness } from "./report-health.js";
import type { RequestContext } from "./request-context.js";

export interface Route {
  /** For the log, without what the client put into the path. */
  readonly name: string;
  readonly method: "GET" | "POST";
  readonly access: RouteAccess;
  answer(gateway: GatewayContext, context: RequestContext): void | Promise<void>;
}

export type FoundRoute =
  | { readonly kind: "route"; readonly route: Route }
  | { readonly kind: "refused"; readonly error: ApiError; readonly allow?: string };

/** All there is. Paths are compared whole: whatever is not in here cannot reach exo under any spelling. */
const routes: ReadonlyMap<string, Route> = new Map([
  ["/v1/chat/completions", { name: "chat", method: "POST", access: "models", answer: answerChat }],
  ["/v1/models", { name: "models", method: "GET", access: "models", answer: listModels }],
  ["/healthz", { name: "healthz", method: "GET", access: "everybody", answer: reportHealth }],
  ["/readyz", { name: "readyz", method: "GET", access: "everybody", answer: reportReadiness }],
]);

const modelPrefix = "/v1/models/";

/** Finds who answers. `HEAD` is answered like `GET`; Node leaves out the body. */
export function findRoute(method: string, url: string): FoundRoute {
  const path = url.split("?", 1)[0] ?? "";
  const route = routes.get(path) ?? modelRoute(path);
  if (route === undefined) {
    const error = badRequest("not_found", "There is no such path. The API is under /v1.", null, 404);
    return { kind: "refused", error };
  }
  if (method === route.method || (method === "HEAD" && route.method === "GET")) return { kind: "route", route };
  const allow = route.method === "GET" ? "GET, HEAD" : route.method;
  const error = badRequest("method_not_allowed", `This path answers to ${allow} only.`, null, 405);
  return { kind: "refused", error, allow };
}

function modelRoute(path: string): Route | undefined {
  if (!path.startsWith(modelPrefix) || path.length === modelPrefix.length) return undefined;
  try {
    const id = decodeURIComponent(path.slice(modelPrefix.length));
    return {
      name: "model",
      method: "GET",
      access: "models",
      answer: (gateway, context) => showModel(gateway, context, id),
    };
  } catch {
    // A broken escape names no model.
    return undefined;
  }
}
