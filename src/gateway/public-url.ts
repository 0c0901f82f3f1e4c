import { isIP } from "node:net";
import { type DoorSettings, defaultDoor } from "./door/door-settings.js";
import { certificateNames } from "./tls/tls-material.js";

/** What a gateway's address for clients is made of. */
export interface PublicUrlFacts {
  /** What it listens on. */
  readonly address: string;
  readonly port: number;
  readonly door?: DoorSettings;
  /** An address of this machine, for a gateway that listens on all of them. */
  readonly ownAddress?: string | undefined;
}

/**
 * The address that clients are told, such as `http://127.0.0.1:8415`: by a name of the gateway where it has one, which is the one
 * that its certificate is checked for. A proxy is taken to listen where proxies do.
 */
export function publicUrl({ address, port, door = defaultDoor, ownAddress }: PublicUrlFacts): string {
  const { tls } = door;
  const names = [...door.hosts, ...(typeof tls === "string" ? [] : certificateNames(tls))];
  const name = names.find((candidate) => !candidate.startsWith("*"));
  if (tls === "proxy" && name !== undefined) return `https://${name}`;
  const everywhere = address === "0.0.0.0" || address === "::";
  const host = (tls === "none" ? undefined : name) ?? (everywhere ? ownAddress : undefined) ?? address;
  return `${typeof tls === "string" ? "http" : "https"}://${isIP(host) === 6 ? `[${host}]` : host}:${port}`;
}
