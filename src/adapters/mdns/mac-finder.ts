import type { ResponsePacket } from "multicast-dns";
import { readDeviceInfo } from "../../discover/macs/device-info.js";
import type { MacFinder, MacFinderEvent, MacSighting } from "../../discover/macs/mac-sighting.js";
import type { Close } from "../../runtime/close-all.js";
import type { LocalInterface } from "./choose-interfaces.js";
import { type LinkOptions, onInterfaces } from "./on-interfaces.js";
import { openMdns } from "./open-mdns.js";
import { readResponse } from "./read-response.js";

const sshService = "_ssh._tcp.local";
const deviceInfoService = "_device-info._tcp.local";
/** When to ask again for what is still missing, in milliseconds from the start. */
const askAtMs = [0, 300, 1_000, 2_500] as const;
/** On one link. A flood of forged names does not make us ask or remember more. */
const mostMacs = 128;
/** Questions in one packet; each has up to 90 bytes, and a packet should fit the MTU. */
const questionsAtOnce = 12;

/** The machines of one link, as far as they have said who they are. */
function createMacTable(report: (event: MacFinderEvent) => void) {
  const macs = new Map<string, MacSighting>();
  const take = (packet: Pick<ResponsePacket, "answers" | "additionals">, address: string): void => {
    const named = new Map<string, MacSighting>();
    for (const news of readResponse(packet, sshService)) {
      const key = news.instance.toLowerCase();
      const before = macs.get(key);
      if (news.kind === "gone" || (before === undefined && news.kind === "described")) continue;
      // Somebody else who uses a known name does not replace it.
      if (before !== undefined && before.address !== address) continue;
      const sshPort = news.port ?? before?.sshPort;
      const device = before?.device ?? {};
      named.set(key, { label: news.instance, address, ...(sshPort === undefined ? {} : { sshPort }), device });
    }
    for (const { instance, txt } of readResponse(packet, deviceInfoService)) {
      const key = instance.toLowerCase();
      const known = named.get(key) ?? macs.get(key);
      if (known !== undefined && known.address === address && txt !== undefined)
        named.set(key, { ...known, device: readDeviceInfo(txt) });
    }
    for (const [key, mac] of named) {
      const before = macs.get(key);
      if (before === undefined && macs.size >= mostMacs) continue;
      if (JSON.stringify(before) === JSON.stringify(mac)) continue;
      macs.set(key, mac);
      report({ kind: "seen", mac });
    }
  };
  const silent = (): string[] =>
    [...macs.values()].filter((mac) => mac.device.model === undefined).map((mac) => mac.label);
  return { take, silent };
}

async function lookOn(
  local: LocalInterface,
  { mdnsPort, clock }: LinkOptions,
  report: (event: MacFinderEvent) => void,
): Promise<Close> {
  const onTrouble = (error: Error): void =>
    report({ kind: "trouble", message: `mDNS on ${local.name}: ${error.message}` });
  const { mdns, close } = await openMdns({ listening: "responses", mdnsPort, local, onTrouble });
  const table = createMacTable(report);
  mdns.on("response", (packet, { address }) => table.take(packet, address));
  const stop = new AbortController();
  const ask = async (): Promise<void> => {
    let before = 0;
    for (const at of askAtMs) {
      await clock.sleep(at - before, stop.signal);
      before = at;
      mdns.query(sshService, "PTR");
      // That record has no PTR, so nobody finds it by browsing: it is asked for by the name of the SSH instance.
      const names = table.silent().map((label) => `${label}.${deviceInfoService}`);
      for (let index = 0; index < names.length; index += questionsAtOnce)
        mdns.query(names.slice(index, index + questionsAtOnce).map((name) => ({ name, type: "TXT" as const })));
    }
  };
  // Rejects only when closed before the last question.
  const asking = ask().catch(() => {});
  return async () => {
    stop.abort();
    await asking;
    await close();
  };
}

/** Finds machines by what their system advertises: remote login, and beside it what kind of machine it is. */
export const createMacFinder = (options: LinkOptions): MacFinder =>
  onInterfaces<MacFinderEvent>(options, (local, report) => lookOn(local, options, report));
