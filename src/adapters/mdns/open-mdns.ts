import type { MulticastDNS } from "multicast-dns";
import makeMdns from "multicast-dns";
import type { Close } from "../../runtime/close-all.js";
import { type MdnsSocketOptions, openMdnsSocket } from "./mdns-socket.js";

/**
 * Opens multicast-dns on one interface over a socket of ours, for questions that bonjour-service can't ask.
 *
 * @throws Error of the system when the socket can't be opened.
 */
export async function openMdns(
  options: MdnsSocketOptions,
): Promise<{ readonly mdns: MulticastDNS; readonly close: Close }> {
  const socket = await openMdnsSocket(options);
  const settings = {
    socket,
    port: options.mdnsPort,
    interface: options.local.address,
    bind: false,
    multicast: false,
  };
  // `bind: false` is an option of multicast-dns that its types leave out.
  const mdns = makeMdns(settings as Parameters<typeof makeMdns>[0]);
  mdns.on("error", options.onTrouble);
  // A warning is a packet that could not be decoded: routine on a shared link, and anybody can cause it.
  mdns.on("warning", () => {});
  return { mdns, close: () => new Promise((resolve) => mdns.destroy(() => resolve())) };
}
