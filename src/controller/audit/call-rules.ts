import type { AdminApi } from "../admin-api.js";

/** A call that changes something or hands something out: how it is recorded, and who may make it. */
export interface Change {
  /** As in the audit log, such as `nodes remove`. */
  readonly what: string;
  /** Never a secret. */
  readonly target: string;
  /** `this-machine`: only the account that runs the controller. For what would outlive the key or session that asked for it. */
  readonly only?: "this-machine";
}

/** `reads`: changes nothing, hands out no secret, and is not recorded. */
type CallRule<Request> = "reads" | ((request: Request) => Change | "reads");

type Rules = { readonly [Call in keyof AdminApi]: CallRule<Parameters<AdminApi[Call]>[0]> };

const on = (nodes: readonly string[] | undefined): string => (nodes === undefined ? "" : ` on ${nodes.join(", ")}`);
/** Whoever pastes a secret where its id belongs does not find it in the log. */
const idOnly = (text: string): string => (/^\w{1,20}$/.test(text) ? text : "(not an id)");
const unlessDry = (mode: string, change: Change): Change | "reads" =>
  mode === "dry-run" || mode === "show" ? "reads" : change;

/** What each call of the admin API is to the audit log. A call without a rule does not compile. */
export const callRules: Rules = {
  info: "reads",
  status: "reads",
  discover: "reads",
  plan: "reads",
  whatIf: "reads",
  listModels: "reads",
  listNodes: "reads",
  listTokens: "reads",
  listClassicEntries: "reads",
  listKeys: "reads",
  readAudit: "reads",
  listSessions: "reads",
  apply: ({ mode, model, clusterYaml }) =>
    unlessDry(mode, {
      what: "apply",
      target: model ?? (clusterYaml === undefined ? "what is desired" : "a cluster file"),
    }),
  createToken: ({ forName }) => ({ what: "token create", target: forName ?? "any node" }),
  revokeToken: ({ id }) => ({ what: "token revoke", target: idOnly(id) }),
  approveNode: ({ node }) => ({ what: "nodes approve", target: node }),
  cordonNode: ({ node, mode }) => ({ what: `nodes ${mode}`, target: node }),
  removeNode: ({ node }) => ({ what: "nodes remove", target: node }),
  rotateKey: () => ({ what: "rotate-key", target: "the controller's key" }),
  addModel: ({ model, mode, on: nodes }) => unlessDry(mode, { what: "model add", target: model + on(nodes) }),
  removeModel: ({ model, mode, files, on: nodes }) =>
    unlessDry(mode, {
      what: files === "remove" ? "model remove with files" : "model remove",
      target: model + on(nodes),
    }),
  syncModel: ({ model, to }) => ({ what: "model sync", target: model + on(to) }),
  convert: ({ source, mode }) => unlessDry(mode, { what: "model convert", target: source }),
  cancelConversion: ({ target }) => ({ what: "model convert cancel", target }),
  addClassicEntry: ({ wish, on: nodes }) =>
    unlessDry(wish.effect, { what: "classic entry add", target: wish.entry.id + on(nodes) }),
  removeClassicEntry: ({ wish, on: nodes }) =>
    unlessDry(wish.effect, { what: "classic entry remove", target: wish.id + on(nodes) }),
  // An admin key that could make admin keys would survive that it is revoked.
  createKey: ({ name, scopes }) => ({
    what: "keys create",
    target: `${name} (${scopes.join(", ")})`,
    ...(scopes.includes("admin") ? { only: "this-machine" } : {}),
  }),
  revokeKey: ({ id }) => ({ what: "keys revoke", target: idOnly(id) }),
  // A session goes on for days after the key that would have asked for it is revoked.
  createOpenLink: () => ({ what: "session link", target: "", only: "this-machine" }),
  endSessions: ({ id }) => ({ what: "session end", target: id === undefined ? "all" : idOnly(id) }),
};
