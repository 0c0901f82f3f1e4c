import { resolveModel } from "../route/resolve-model.js";
import type { ServingModel } from "../route/serving-model.js";
import { mayAskFor } from "./door/caller.js";
import type { GatewayContext } from "./gateway-settings.js";
import { modelNotAllowed } from "./keys/key-errors.js";
import { modelUnknown } from "./model-errors.js";
import type { RequestContext } from "./request-context.js";
import { sendError, sendJson } from "./send-json.js";

/** One entry of `/v1/models`: OpenAI's four fields, and what the cluster adds. */
interface ListedModel {
  readonly id: string;
  readonly object: "model";
  readonly created: number;
  readonly owned_by: "exoctl";
  /** The model that an alias stands for; a model's own name otherwise. */
  readonly root: string;
  readonly context_length: number;
  readonly state: ServingModel["state"];
  readonly reason?: string;
}

const listed = (id: string, model: ServingModel, openedAt: number): ListedModel => ({
  id,
  object: "model",
  created: Math.floor(openedAt / 1_000),
  owned_by: "exoctl",
  root: model.name,
  context_length: model.contextTokens,
  state: model.state,
  ...(model.reason === undefined ? {} : { reason: model.reason }),
});

/** `GET /v1/models`: every name that the client can use, models before aliases. exo's own list is not asked. */
export function listModels({ models, openedAt }: GatewayContext, { response, caller }: RequestContext): void {
  const known = models();
  const names = known.map((model) => listed(model.name, model, openedAt));
  const taken = new Set(names.map(({ id }) => id));
  const aliases = known.flatMap((model) =>
    model.aliases.filter((alias) => !taken.has(alias)).map((alias) => listed(alias, model, openedAt)),
  );
  const data = [...names, ...aliases].filter(({ id, root }) => mayAskFor(caller, id, root));
  sendJson(response, 200, JSON.stringify({ object: "list", data }));
}

/** `GET /v1/models/{id}`. */
export function showModel({ models, openedAt }: GatewayContext, context: RequestContext, id: string): void {
  const resolved = resolveModel(id, models());
  const known = resolved.kind === "model" ? resolved.model : undefined;
  const allowed = mayAskFor(context.caller, id, known?.name);
  if (allowed && known !== undefined) {
    sendJson(context.response, 200, JSON.stringify(listed(id, known, openedAt)));
    return;
  }
  const error =
    resolved.kind === "unknown" && allowed ? modelUnknown(id, resolved, context.caller) : modelNotAllowed(id);
  context.facts.error = error.code;
  sendError(context.response, error);
}
