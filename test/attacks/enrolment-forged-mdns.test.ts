import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openAgentLink } from "../../src/adapters/grpc/grpc-agent-link.js";
import { advertiseAgent } from "../../src/adapters/mdns/bonjour-advertiser.js";
import { createBonjourNodeFinder } from "../../src/adapters/mdns/bonjour-node-finder.js";
import { agentId } from "../../src/cluster/names.js";
import { createFleet } from "../../src/controller/fleet.js";
import type { Member } from "../../src/controller/state-store.js";
import { watchSightings } from "../../src/controller/watch-sightings.js";
import { type Close, closeAll } from "../../src/runtime/close-all.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { type AgentHouse, agentHost, openAgentHouse } from "../support/agent-house.js";
import { testAgentId } from "../support/agent-parts.js";
import { aMember } from "../support/controller-house.js";
import { openForeignServer } from "../support/enrolment-attacker.js";
import { openMdnsPeer, recordsOf, somePort } from "../support/mdns-link.js";
import { realClock } from "../support/real-clock.js";

const { signal } = new AbortController();
const instance = `exo-${testAgentId.slice(0, 8)}`;
const closers: Close[] = [];

let house: AgentHouse;
beforeEach(async () => {
  house = await openAgentHouse();
  closers.push(house.close);
});
afterEach(async () => closeAll(closers.splice(0))());

/** A controller's view of a link with one enrolled agent on it, who is advertised, and somebody who forges packets. */
async function aLinkUnderAttack() {
  const mdnsPort = somePort();
  const finder = createBonjourNodeFinder({
    serviceType: "exoctl-sim",
    interfaceAddress: agentHost,
    mdnsPort,
    clock: realClock,
  });
  const watch = await watchSightings({ finders: [finder], clock: realClock, logger: silentLogger });
  closers.push(watch.close);
  closers.push(
    await advertiseAgent({
      serviceType: "exoctl-sim",
      instanceId: testAgentId,
      port: house.server.port,
      txt: { txtvers: "1", pv: "1", id: testAgentId, fp: house.agent.pin },
      interfaceAddress: agentHost,
      mdnsPort,
      clock: realClock,
      onTrouble: () => {},
    }),
  );
  const peer = await openMdnsPeer(mdnsPort);
  closers.push(peer.close);
  const state: { members: Member[] } = {
    members: [aMember("studio-1", { agentId: agentId(testAgentId), ...house.agent })],
  };
  const dialled: number[] = [];
  const aFleet = () => {
    const fleet = createFleet({
      members: () => state.members,
      hints: watch.hints,
      dial: (member, { host, port }) => {
        dialled.push(port);
        return openAgentLink({ host, port, own: house.controller, agent: member });
      },
      verified: watch.verified,
      remember: async (_agent, lastAddress) => {
        state.members = state.members.map((member) => ({ ...member, lastAddress }));
      },
      term: 1,
      clock: realClock,
      logger: silentLogger,
    });
    closers.push(fleet.close);
    return fleet;
  };
  await expect.poll(() => watch.hints(agentId(testAgentId))).toHaveLength(1);
  return { watch, peer, aFleet, dialled, state };
}

test("1,000 forged instances, some in the name of a member, take bounded memory and no member away", async () => {
  const { watch, peer, aFleet, dialled, state } = await aLinkUnderAttack();
  const fleet = aFleet();
  await fleet.refresh(signal);
  const members = state.members;
  for (let index = 0; index < 1_000; index += 1) {
    const claimed = index % 10 === 0 ? testAgentId : randomUUID();
    const { ptr, srv, txt } = recordsOf(`forged-${index}`, {
      port: 1 + index,
      txt: ["txtvers=1", "pv=1", `id=${claimed}`, `fp=${house.agent.pin}`],
    });
    await peer.send(ptr, srv, txt);
    // One process sends and reads here: without a pause the socket's buffer overflows and most packets are lost unread.
    await setImmediate();
  }
  await expect.poll(() => watch.sightings().some(({ key }) => key === "forged-999")).toBe(true);
  // Of one source 16 are remembered, the proven one among them.
  expect(watch.sightings()).toHaveLength(16);
  expect(watch.sightings()[0]).toMatchObject({ key: instance, port: house.server.port });
  await fleet.refresh(signal);
  expect(fleet.nodes()).toMatchObject([{ address: { port: house.server.port }, link: expect.anything() }]);
  // Nobody else has been dialled, or has become anything.
  expect(new Set(dialled)).toEqual(new Set([house.server.port]));
  expect(state.members).toBe(members);
});

test("a forged goodbye, sent again and again, ends nothing", async () => {
  const { peer, watch, aFleet } = await aLinkUnderAttack();
  const fleet = aFleet();
  await fleet.refresh(signal);
  const goodbye = recordsOf(instance, { ttlSec: 0 });
  for (let round = 0; round < 20; round += 1) await peer.send(goodbye.ptr, goodbye.srv, goodbye.txt);
  // Packets come in their order: when this one has, so have the goodbyes.
  const last = recordsOf("last");
  await peer.send(last.ptr, last.srv, last.txt);
  await expect.poll(() => watch.sightings().some(({ key }) => key === "last")).toBe(true);
  await fleet.refresh(signal);
  expect(fleet.nodes()[0]).toMatchObject({ link: expect.anything() });
  // Also a controller that starts now finds it: by its next announcement, or where it was last.
  const later = aFleet();
  await later.refresh(signal);
  expect(later.nodes()[0]).toMatchObject({ address: { port: house.server.port }, link: expect.anything() });
});

test("an address swapped to an impostor's costs one handshake: it is told nothing, and the agent is found", async () => {
  const { peer, watch, aFleet, dialled } = await aLinkUnderAttack();
  const received: Buffer[] = [];
  const impostor = await openForeignServer(house.stranger, (socket) =>
    socket.on("data", (chunk: Buffer) => received.push(chunk)),
  );
  closers.push(async () => void impostor.close());
  const fleet = aFleet();
  await fleet.refresh(signal);
  const swapped = recordsOf(instance, {
    port: impostor.port,
    txt: ["txtvers=1", "pv=1", `id=${testAgentId}`, `fp=${house.agent.pin}`],
  });
  await peer.send(swapped.ptr, swapped.srv, swapped.txt);
  await expect.poll(() => watch.hints(agentId(testAgentId))[0]?.port).toBe(impostor.port);
  // The open connection goes on; a controller that starts now tries the forged address and goes on to the remembered one.
  await fleet.refresh(signal);
  expect(dialled).toEqual([house.server.port]);
  const later = aFleet();
  await later.refresh(signal);
  expect(dialled).toEqual([house.server.port, impostor.port, house.server.port]);
  expect(later.nodes()[0]).toMatchObject({ address: { port: house.server.port }, link: expect.anything() });
  expect(received).toEqual([]);
});
