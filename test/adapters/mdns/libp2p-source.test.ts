import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { createLibp2pSource } from "../../../src/adapters/mdns/libp2p-source.js";
import { systemClock } from "../../../src/adapters/system/system-clock.js";
import type { ExoHintEvent } from "../../../src/discover/exo/exo-hints.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { libp2pAnswer, openLibp2pProgram } from "../../support/discovery-libp2p.js";
import { openMdnsPeer, somePort } from "../../support/mdns-link.js";
import { waitUntil } from "../../support/wait-until.js";

const peerId = "12D3KooWSXCFdc4t7TToznrSG1VypDJStc1hyEPpE8nLuoWnAVP3";
const addresses = ["/ip4/127.0.0.1/tcp/49321", "/ip4/192.168.1.11/tcp/49321", "/ip4/169.254.10.2/tcp/49321"];

let closers: Close[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

async function listen(mdnsPort: number): Promise<readonly ExoHintEvent[]> {
  const events: ExoHintEvent[] = [];
  const source = createLibp2pSource({ interfaceAddress: "127.0.0.1", mdnsPort, clock: systemClock });
  closers.push(() => source.close());
  await source.start((event) => events.push(event));
  return events;
}

test("the program that plays libp2p sends the bytes of the recording", () => {
  const recorded = readFileSync(new URL("../../fixtures/discovery/libp2p-answer.hex", import.meta.url), "utf8");
  expect(libp2pAnswer(peerId, addresses).toString("hex")).toBe(recorded.replaceAll("\n", ""));
});

test("a libp2p program that answers from a port of its own is heard, by one question", async () => {
  const mdnsPort = somePort();
  const program = await openLibp2pProgram({ mdnsPort, address: "127.0.0.1", peerId, addresses });
  closers.push(program.close);
  const events = await listen(mdnsPort);
  await waitUntil(() => events.length > 0, "an answer");
  expect(program.questions()).toBe(1);
  expect(events[0]).toEqual({
    kind: "libp2p",
    address: "127.0.0.1",
    peer: {
      peerId,
      endpoints: [
        { host: "127.0.0.1", port: 49_321 },
        { host: "192.168.1.11", port: 49_321 },
        { host: "169.254.10.2", port: 49_321 },
      ],
    },
  });
});

test("answers of other services and broken packets are passed over", async () => {
  const mdnsPort = somePort();
  const events = await listen(mdnsPort);
  const peer = await openMdnsPeer(mdnsPort, "other-port");
  closers.push(peer.close);
  await peer.raw(libp2pAnswer(peerId, addresses).subarray(0, 90));
  await peer.send({ type: "PTR", name: "_ssh._tcp.local", ttl: 120, data: "x._ssh._tcp.local" });
  await peer.raw(libp2pAnswer(peerId, ["/ip4/127.0.0.1/tcp/4001"]));
  await waitUntil(() => events.length > 0, "the last answer");
  expect(events).toMatchObject([{ kind: "libp2p", peer: { endpoints: [{ port: 4_001 }] } }]);
});
