import type { IncomingMessage } from "node:http";
import { isIP } from "node:net";
import type { ApiError } from "../api-error.js";
import type { KeyAccess } from "../keys/key-access.js";
import { scopeMissing } from "../keys/key-errors.js";
import { sourceOf } from "../keys/source-of.js";
import type { ListenAddress } from "../listen.js";
import type { Caller } from "./caller.js";
import { checkCaller } from "./check-caller.js";
import { alwaysAsksForKeys, type DoorSettings } from "./door-settings.js";

/** What a route is open to: everybody, or those who may use models. */
export type RouteAccess = "everybody" | "models";

export type IdentifiedCaller =
  | { readonly kind: "caller"; readonly caller: Caller }
  | { readonly kind: "refused"; readonly error: ApiError };

export type IdentifyCaller = (request: IncomingMessage, access: RouteAccess) => IdentifiedCaller;

/** Any caller of a socket in the state folder has read that folder, and with it everything that the controller knows. */
export const ownerOfSocket: IdentifyCaller = () => ({ kind: "caller", caller: { kind: "owner" } });

/** Whether callers from the network have to show a key at this moment. */
export function createAsksForKeys(
  listen: ListenAddress,
  door: DoorSettings,
  keys: KeyAccess | undefined,
): () => boolean {
  const always = alwaysAsksForKeys(listen, door);
  return () => always || (door.keys === "auto" && keys?.anyForModels() === true);
}

/**
 * Finds out who sends a request over the network, and whether that is somebody who may.
 *
 * @param certificateNames names that the server's certificate is for, at this moment
 */
export function createIdentifyCaller(
  listen: ListenAddress,
  door: DoorSettings,
  certificateNames: () => readonly string[],
  keys: KeyAccess | undefined,
): IdentifyCaller {
  const asked = createAsksForKeys(listen, door, keys);
  return (request, access) => {
    const refused = (error: ApiError): IdentifiedCaller => ({ kind: "refused", error });
    const keysAsked = asked();
    const hosts = [...door.hosts, ...certificateNames()];
    const rules = { listenHost: listen.host, hosts, origins: door.origins };
    const error = checkCaller(request, { ...rules, keys: keysAsked ? "asked" : "not-asked" });
    if (error !== undefined) return refused(error);
    if (!keysAsked) return { kind: "caller", caller: { kind: "local" } };
    if (access === "everybody") return { kind: "caller", caller: { kind: "stranger" } };
    if (keys === undefined) throw new TypeError("a gateway that asks for keys is given them");
    const checked = keys.check(request.headersDistinct, sourceOf(addressOf(request, door)));
    if (checked.kind === "refused") return checked;
    const { key } = checked;
    return key.scopes.includes("models")
      ? { kind: "caller", caller: { kind: "key", key } }
      : refused(scopeMissing(key));
  };
}

/** Behind a proxy, the address that the proxy itself saw: the last one, as clients can write others before it. */
function addressOf(request: IncomingMessage, { tls }: DoorSettings): string {
  const told = tls === "proxy" ? request.headersDistinct["x-forwarded-for"]?.at(-1)?.split(",").at(-1)?.trim() : "";
  return told !== undefined && isIP(told) !== 0 ? told : (request.socket.remoteAddress ?? "unknown");
}
