import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { afterEach, expect, test } from "vitest";
import { createHelloSource } from "../../../src/adapters/exo-discovery/hello-source.js";
import { systemClock } from "../../../src/adapters/system/system-clock.js";
import type { ExoHintEvent } from "../../../src/discover/exo/exo-hints.js";
import { namespaceHash } from "../../../src/discover/exo/namespace-hash.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { openHelloExo } from "../../support/discovery-hello-exo.js";
import { somePort } from "../../support/mdns-link.js";
import { waitUntil } from "../../support/wait-until.js";

const loopback = Object.entries(networkInterfaces()).find(([, list]) =>
  list?.some((item) => item.address === "::1"),
)?.[0];
/** Without IPv6 on loopback there is nothing to test it on; the summary of the suite counts that as skipped. */
const ipv6Test = test.skipIf(loopback === undefined);
const nodeId = "0f2c9ae1d07b4c6688b1f0e2a3d4c5b6";

let closers: Close[] = [];
afterEach(async () => {
  for (const close of closers.reverse()) await close();
  closers = [];
});

async function start(options: { readonly hear: number; readonly ask: number; readonly namespaces: readonly string[] }) {
  const events: ExoHintEvent[] = [];
  const source = createHelloSource({
    namespaces: options.namespaces,
    interfaceName: loopback ?? "",
    hearAt: { address: "::1", port: options.hear },
    askAt: { address: "::1", port: options.ask },
    clock: systemClock,
    randomBytes,
  });
  closers.push(() => source.close());
  await source.start((event) => events.push(event));
  return events;
}

async function aHelloExo(port: number, hearPort: number, namespace: string) {
  const exo = await openHelloExo({
    port,
    hearPort,
    namespaceHash: namespaceHash(namespace),
    nodeId,
    zenohPort: 52_414,
  });
  closers.push(exo.close);
  return exo;
}

ipv6Test("an exo that speaks a namespace that is asked for tells its id and port, and gains no peer", async () => {
  const [hear, ask] = [somePort(), somePort()];
  const exo = await aHelloExo(ask, hear, "studio");
  const events = await start({ hear, ask, namespaces: ["0.3.70", "studio"] });
  await waitUntil(() => events.some((event) => event.kind === "whats-up"), "the answer to a hello");
  expect(events.find((event) => event.kind === "whats-up")).toMatchObject({
    nodeId: nodeId.slice(1),
    zenohPort: 52_414,
    namespace: "studio",
  });
  exo.announce();
  await waitUntil(() => events.some((event) => event.kind === "hello"), "its own hello");
  expect(exo.joined()).toBe(0);
  expect(events.filter((event) => event.kind === "trouble")).toEqual([]);
});

ipv6Test("an exo of another namespace stays silent, and its hello shows which one it speaks", async () => {
  const [hear, ask] = [somePort(), somePort()];
  const exo = await aHelloExo(ask, hear, "secret");
  const events = await start({ hear, ask, namespaces: ["0.3.70"] });
  exo.announce();
  await waitUntil(() => events.length > 0, "a hello");
  expect(events.map((event) => event.kind)).toEqual(["hello"]);
  expect(events[0]).toMatchObject({ namespaceHash: namespaceHash("secret") });
});

ipv6Test("its own questions are not taken for an exo", async () => {
  const [here, there] = [somePort(), somePort()];
  const first = await start({ hear: here, ask: here, namespaces: ["one"] });
  await start({ hear: there, ask: here, namespaces: ["two"] });
  await waitUntil(() => first.length > 0, "the question of the other one");
  expect(first.map((event) => event.kind === "hello" && event.namespaceHash)).toEqual([namespaceHash("two")]);
});

test("where no interface has IPv6, that is said", async () => {
  const events: ExoHintEvent[] = [];
  const source = createHelloSource({
    namespaces: ["0.3.70"],
    interfaceName: "no-such-interface",
    clock: systemClock,
    randomBytes,
  });
  await source.start((event) => events.push(event));
  await source.close();
  expect(events).toMatchObject([{ kind: "trouble" }]);
});
