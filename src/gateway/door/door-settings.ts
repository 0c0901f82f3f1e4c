import { Problem } from "../../runtime/problem.js";
import type { ListenAddress } from "../listen.js";
import type { TlsMaterial } from "../tls/tls-material.js";
import { isLoopbackName } from "./loopback.js";

/** Who is let in to a gateway, and how the way to it is protected. */
export interface DoorSettings {
  /**
   * `auto`: keys are asked for beyond loopback, behind a proxy, and as soon as a key for models was made. `required`: always.
   * `none`: never, which only a loopback address without a proxy allows.
   */
  readonly keys: "auto" | "required" | "none";
  /** `proxy`: a proxy in front of the gateway does it, and tells clients' addresses in `X-Forwarded-For`. */
  readonly tls: "none" | "proxy" | TlsMaterial;
  /** Names by which clients reach the gateway, beside those of its certificate, in lower case. */
  readonly hosts: readonly string[];
  /** Origins whose web pages may use the gateway, as browsers write them. */
  readonly origins: readonly string[];
}

/** Open to this machine, and to it alone, until there are keys. */
export const defaultDoor: DoorSettings = { keys: "auto", tls: "none", hosts: [], origins: [] };

/** Whether keys are asked for whatever keys there are. */
export const alwaysAsksForKeys = ({ host }: ListenAddress, { keys, tls }: DoorSettings): boolean =>
  keys === "required" || tls === "proxy" || !isLoopbackName(host.toLowerCase());

/**
 * Whoever reaches the port may try to use the cluster, and may listen to those who do: nobody but this machine may reach it without
 * keys, or without TLS.
 *
 * @throws Problem `gateway_exposed`
 */
export function checkDoor(listen: ListenAddress, door: DoorSettings): void {
  const exposed = (how: string, hint: string): Problem =>
    new Problem(
      "usage",
      "gateway_exposed",
      `The gateway would listen on ${listen.host}:${listen.port} ${how}.`,
      `${hint} Or set gateway.listen in cluster.yaml to a loopback address, such as 127.0.0.1:8415.`,
    );
  const onLoopback = isLoopbackName(listen.host.toLowerCase());
  if (door.keys === "none" && (!onLoopback || door.tls === "proxy")) {
    const what = onLoopback ? "behind a proxy and without keys" : "without keys, open to everybody who reaches it";
    throw exposed(what, "Take out gateway.keys: none.");
  }
  if (onLoopback || door.tls !== "none") return;
  throw exposed(
    "without TLS, where keys and prompts can be read on the way",
    "Name a certificate with gateway.tls: { certificate: FILE, key: FILE }, or say gateway.tls: { terminatedBy: proxy } if a proxy in front of it does TLS.",
  );
}
