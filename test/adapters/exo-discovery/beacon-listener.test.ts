import { createSocket } from "node:dgram";
import { once } from "node:events";
import { afterEach, expect, test } from "vitest";
import { createBeaconListener } from "../../../src/adapters/exo-discovery/beacon-listener.js";
import type { ExoHintEvent } from "../../../src/discover/exo/exo-hints.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { aBeacon } from "../../support/discovery-builders.js";
import { somePort } from "../../support/mdns-link.js";
import { waitUntil } from "../../support/wait-until.js";

let closers: Close[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

async function listen(...udpPorts: readonly number[]) {
  const events: ExoHintEvent[] = [];
  const listener = createBeaconListener({ udpPorts, bindAddress: "127.0.0.1" });
  closers.push(() => listener.close());
  await listener.start((event) => events.push(event));
  return events;
}

/** Who broadcasts; it also notes what comes back, which must be nothing. */
async function openNode() {
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  closers.push(() => new Promise((resolve) => socket.close(() => resolve())));
  let answers = 0;
  socket.on("message", () => {
    answers += 1;
  });
  const send = (port: number, data: string): Promise<void> =>
    new Promise((resolve) => socket.send(data, port, "127.0.0.1", () => resolve()));
  return { send, answers: () => answers };
}

test("a broadcast is heard with the address that it came from, and never answered", async () => {
  const [one, other] = [somePort(), somePort()];
  const events = await listen(one, other);
  const node = await openNode();
  await node.send(one, "hello");
  await node.send(one, JSON.stringify({ ...aBeacon(), grpc_port: "51316" }));
  await node.send(other, JSON.stringify(aBeacon()));
  await waitUntil(() => events.length > 0, "the broadcast");
  expect(events).toEqual([
    {
      kind: "beacon",
      address: "127.0.0.1",
      udpPort: other,
      beacon: { nodeId: "studio-a", grpcPort: 51_316, chip: "Apple M2 Ultra", interfaceType: "Ethernet" },
    },
  ]);
  expect(node.answers()).toBe(0);
});

test("a port that another program has for itself is named, and the others are still listened to", async () => {
  const taken = createSocket("udp4");
  taken.bind(0, "127.0.0.1");
  await once(taken, "listening");
  closers.push(() => new Promise((resolve) => taken.close(() => resolve())));
  const free = somePort();
  const events = await listen(taken.address().port, free);
  expect(events).toMatchObject([{ kind: "trouble", message: expect.stringContaining("another program") }]);
  const node = await openNode();
  await node.send(free, JSON.stringify(aBeacon()));
  await waitUntil(() => events.length > 1, "the broadcast");
  expect(events[1]).toMatchObject({ kind: "beacon", udpPort: free });
});
