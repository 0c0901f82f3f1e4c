import { setMaxListeners } from "node:events";
import { RefusalError } from "../../agent/refusal.js";
import type { CallFrame } from "./serve-calls.js";

/** The keys that an agent answers. */
export interface TrustedPins extends Pick<CallFrame, "isTrusted" | "revokedOf"> {
  replace(pins: readonly string[]): void;
}

function noLonger(): RefusalError {
  return new RefusalError("other_controller", "this agent does not answer this key any more");
}

/** Aborts at once, for keys that were never trusted. */
const revoked = AbortSignal.abort(noLonger());

export function createTrustedPins(first: readonly string[]): TrustedPins {
  const open = new Map<string, AbortController>();
  const replace = (pins: readonly string[]): void => {
    for (const [pin, controller] of [...open]) {
      if (pins.includes(pin)) continue;
      open.delete(pin);
      controller.abort(noLonger());
    }
    for (const pin of pins) {
      if (open.has(pin)) continue;
      const controller = new AbortController();
      // One listener for each call under way, which are bounded by the server.
      setMaxListeners(0, controller.signal);
      open.set(pin, controller);
    }
  };
  replace(first);
  return {
    isTrusted: (pin) => open.has(pin),
    revokedOf: (pin) => open.get(pin)?.signal ?? revoked,
    replace,
  };
}
