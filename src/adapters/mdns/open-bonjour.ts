import Bonjour from "bonjour-service";
import type { MulticastDNS } from "multicast-dns";
import type { Close } from "../../runtime/close-all.js";
import { type MdnsSocketOptions, openMdnsSocket } from "./mdns-socket.js";

/** bonjour-service on one interface, with the multicast-dns underneath for what it can't do. */
export interface OpenBonjour {
  readonly bonjour: Bonjour;
  readonly mdns: MulticastDNS;
  /** Sends goodbyes for what was published, then closes the socket. */
  readonly close: Close;
}

/**
 * Opens bonjour-service over a socket of ours. Its own `destroy` sends no goodbye and its errors are unhandled by default
 * (macos-nodes reference 1.6, rows 15 to 17); both are taken care of here.
 *
 * @throws Error of the system when the socket can't be opened.
 */
export async function openBonjour(options: MdnsSocketOptions): Promise<OpenBonjour> {
  const socket = await openMdnsSocket(options);
  // These are options of multicast-dns; bonjour-service passes them on but declares its own config type (its issue of 2022).
  const settings = {
    socket,
    port: options.mdnsPort,
    interface: options.local.address,
    bind: false,
    multicast: false,
  };
  const bonjour = new Bonjour(settings as ConstructorParameters<typeof Bonjour>[0], options.onTrouble);
  const { mdns } = (bonjour as unknown as { readonly server: { readonly mdns: MulticastDNS } }).server;
  mdns.on("error", options.onTrouble);
  // A warning is a packet that could not be decoded: routine on a shared link, and anybody can cause it.
  mdns.on("warning", () => {});
  let closing: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    await new Promise<void>((resolve) => bonjour.unpublishAll(() => resolve()));
    await new Promise<void>((resolve) => bonjour.destroy(() => resolve()));
  };
  const close = (): Promise<void> => {
    closing ??= run();
    return closing;
  };
  return { bonjour, mdns, close };
}
