import { afterEach, expect, test } from "vitest";
import { createMacFinder } from "../../../src/adapters/mdns/mac-finder.js";
import { systemClock } from "../../../src/adapters/system/system-clock.js";
import type { MacFinderEvent, MacSighting } from "../../../src/discover/macs/mac-sighting.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { openMdnsPeer, somePort } from "../../support/mdns-link.js";
import { waitUntil } from "../../support/wait-until.js";

let closers: Close[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

const ssh = "_ssh._tcp.local";
const ptr = (label: string) => ({ type: "PTR", name: ssh, ttl: 4_500, data: `${label}.${ssh}` }) as const;
const srv = (label: string) =>
  ({ type: "SRV", name: `${label}.${ssh}`, ttl: 4_500, data: { port: 22, target: "x.local" } }) as const;
const device = (label: string, ...strings: readonly string[]) =>
  ({
    type: "TXT",
    name: `${label}._device-info._tcp.local`,
    ttl: 4_500,
    data: strings.map((text) => Buffer.from(text)),
  }) as const;

async function watch(mdnsPort: number) {
  const events: MacFinderEvent[] = [];
  const finder = createMacFinder({ interfaceAddress: "127.0.0.1", mdnsPort, clock: systemClock });
  closers.push(() => finder.close());
  await finder.start((event) => events.push(event));
  const macs = (): MacSighting[] => events.flatMap((event) => (event.kind === "seen" ? [event.mac] : []));
  return { events, macs };
}

test("a Mac with remote login is asked what it is, by the name of its SSH instance", async () => {
  const mdnsPort = somePort();
  const mac = await openMdnsPeer(mdnsPort);
  closers.push(mac.close);
  const asked: string[] = [];
  mac.mdns.on("query", ({ questions }) => {
    for (const { name, type } of questions ?? []) {
      asked.push(`${type} ${name}`);
      if (type === "PTR" && name === ssh) void mac.send(ptr("Büro Studio"), srv("Büro Studio"));
      if (type === "TXT") void mac.send(device("Büro Studio", "model=Mac15,14", "osxvers=25", "icolor=0"));
    }
  });
  const { macs } = await watch(mdnsPort);
  await waitUntil(() => macs().some((seen) => seen.device.model !== undefined), "what it is");
  expect(macs().at(-1)).toEqual({
    label: "Büro Studio",
    address: "127.0.0.1",
    sshPort: 22,
    device: { model: "Mac15,14", macosMajor: 26 },
  });
  expect(asked).toContain("TXT Büro Studio._device-info._tcp.local");
});

test("what comes along with the first answer counts, and nothing that nobody announced", async () => {
  const mdnsPort = somePort();
  const { macs, events } = await watch(mdnsPort);
  const mac = await openMdnsPeer(mdnsPort);
  const forger = await openMdnsPeer(mdnsPort, "other-port");
  closers.push(mac.close, forger.close);
  await forger.send(ptr("forged"));
  await mac.send(device("nobody", "model=Mac16,9"));
  await mac.send(ptr("a.b"), device("a.b", "model=Mac16,9", "osxvers=banana"));
  await waitUntil(() => macs().length > 0, "the Mac");
  expect(macs()).toEqual([{ label: "a.b", address: "127.0.0.1", device: { model: "Mac16,9" } }]);
  expect(events).toHaveLength(1);
});

test("a flood of names is cut off", async () => {
  const mdnsPort = somePort();
  const { macs } = await watch(mdnsPort);
  const flood = await openMdnsPeer(mdnsPort);
  closers.push(flood.close);
  for (let packet = 0; packet < 5; packet += 1)
    await flood.send(...Array.from({ length: 40 }, (_, index) => ptr(`mac-${packet}-${index}`)));
  await waitUntil(() => macs().length >= 128, "as many as are kept");
  await flood.send(ptr("mac-0-0"), device("mac-0-0", "model=Mac16,9"));
  await waitUntil(() => macs().some((seen) => seen.device.model === "Mac16,9"), "news of one that is kept");
  expect(macs().filter((seen) => seen.device.model === undefined)).toHaveLength(128);
});
