import type { ApiKey } from "../keys/api-key.js";

/** Who sends a request, as far as the gateway knows. */
export type Caller =
  /** Whoever runs the controller: the request came by a socket that nobody else can open. */
  | { readonly kind: "owner" }
  | { readonly kind: "key"; readonly key: ApiKey }
  /** Somebody on this machine, where no key is asked for. */
  | { readonly kind: "local" }
  /** Somebody who was not asked for a key, for a route that says nothing about the cluster. */
  | { readonly kind: "stranger" };

/** Whether a caller may ask for a model by this name. @param model the name of the model that it stands for, if any */
export function mayAskFor(caller: Caller, name: string, model?: string): boolean {
  const allowed = caller.kind === "key" ? caller.key.models : undefined;
  return allowed === undefined || allowed.includes(name) || (model !== undefined && allowed.includes(model));
}
