import { Problem } from "../../runtime/problem.js";
import type { AdminApi } from "../admin-api.js";
import type { AuditTrail } from "./audit-trail.js";
import { type Change, callRules } from "./call-rules.js";
import { type Caller, isOnThisMachine } from "./caller.js";

/** One who asks, with the address of it. */
export interface Asking {
  readonly caller: Caller;
  readonly from: string;
}

type AnyCall = (...args: readonly unknown[]) => unknown;
type AnyRule = "reads" | ((request: unknown) => Change | "reads");

/**
 * The admin API as one caller may use it: what changes something is recorded before and after, and refused where the caller may
 * not do it. Every call goes by its rule in `callRules`; there is no other way to the API.
 */
export function apiForCaller(api: AdminApi, trail: AuditTrail, { caller, from }: Asking): AdminApi {
  const guarded = Object.entries(callRules as Readonly<Record<string, AnyRule>>).map(([name, rule]) => {
    const call = api[name as keyof AdminApi] as AnyCall;
    if (rule === "reads") return [name, call];
    const guard: AnyCall = (...args) => {
      const change = rule(args[0]);
      if (change === "reads") return call(...args);
      const { what, target, only } = change;
      return trail.change({ who: caller, from, what, target }, async () => {
        if (only === "this-machine" && !isOnThisMachine(caller)) throw localOnly(what);
        return call(...args);
      });
    };
    return [name, guard];
  });
  return Object.fromEntries(guarded) as unknown as AdminApi;
}

const localOnly = (what: string): Problem =>
  new Problem(
    "failed",
    "local_only",
    `${what} is not done for keys and sessions: what it hands out would outlive them`,
    "Run it on the controller's machine, as the user that runs the controller.",
  );
