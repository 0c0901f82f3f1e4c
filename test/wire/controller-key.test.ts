import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { forgetAgentTrust } from "../../src/adapters/files/agent-trust.js";
import type { StoredKeys } from "../../src/adapters/tls/own-keys.js";
import {
  type KeyedController,
  openKeyedController,
  openRotationHouse,
  type RotationHouse,
} from "../support/rotation-house.js";

const { signal } = new AbortController();

let house: RotationHouse;
let controller: KeyedController;
beforeEach(async () => {
  house = await openRotationHouse();
  controller = await openKeyedController(house.stateFolder());
});
afterEach(async () => {
  await controller.close();
  await house.close();
});

const refresh = () => controller.fleet.refresh(signal);
const linked = () => controller.fleet.nodes().flatMap(({ member, link }) => (link === undefined ? [] : [member.name]));
const restart = async (changeKeys?: (keys: StoredKeys) => StoredKeys): Promise<void> => {
  await controller.close();
  controller = await openKeyedController(house.stateFolder(), changeKeys);
};

describe("a new key of the controller", () => {
  test("is brought to every agent over the old one, which is worth nothing afterwards", async () => {
    await house.join("one", controller);
    await house.join("two", controller);
    await refresh();
    const stolen = controller.keys.current();
    const token = await controller.newToken();
    const rotated = await controller.api.rotateKey();
    expect(rotated.outcome).toBe("started");
    // On a busy machine an answer may come after the command's own rounds.
    await expect.poll(async () => refresh().then(() => controller.keys.older()), { timeout: 60_000 }).toEqual([]);
    expect(rotated.pin).not.toBe(stolen.pin);
    // The old key is nowhere any more.
    expect(await readFile(join(house.stateFolder(), "identity.pem"), "utf8")).not.toContain(stolen.privateKeyPem);
    for (const name of ["one", "two"]) {
      expect(await house.trustOf(name)).toMatchObject({ pin: rotated.pin });
      expect(await house.trustOf(name)).not.toHaveProperty("announced");
      expect(await house.answers(name, stolen, controller)).toBe(false);
      expect(await house.answers(name, controller.keys.current(), controller)).toBe(true);
    }
    await refresh();
    expect(linked()).toEqual(["one", "two"]);
    // A token from before names a key that is no more; one from now on is good.
    await expect(house.join("three", controller, token)).rejects.toMatchObject({ code: "controller_pin_mismatch" });
    await house.stop("three");
    await house.join("three", controller);
    await refresh();
    expect(linked()).toEqual(["one", "two", "three"]);
    // Everybody starts again, and still knows each other.
    await restart();
    await house.stop("one");
    await house.again("one");
    await refresh();
    await refresh();
    expect(linked()).toEqual(["one", "two", "three"]);
  });

  test("waits for an agent that is away, and is taken by it when it comes back", async () => {
    await house.join("one", controller);
    await house.join("two", controller);
    await refresh();
    await house.stop("two");
    const old = controller.keys.current();
    const rotated = await controller.api.rotateKey();
    expect(rotated.behind).toMatchObject([{ node: "two", why: expect.stringMatching(/.{10}/) }]);
    expect(controller.api.listNodes().find(({ name }) => name === "two")?.reasons).toEqual([
      expect.stringContaining("new key"),
    ]);
    expect(controller.keys.older()).toMatchObject([{ pin: old.pin }]);
    expect(await house.answers("one", old, controller)).toBe(false);
    // The command again makes no third key.
    expect(await controller.api.rotateKey()).toMatchObject({ outcome: "goes-on", pin: rotated.pin });
    await restart();
    await house.again("two");
    await expect.poll(async () => refresh().then(() => controller.keys.older()), { timeout: 20_000 }).toEqual([]);
    expect(await house.answers("two", old, controller)).toBe(false);
    expect(linked()).toEqual(["one", "two"]);
  });

  test("does not wait for an agent that was removed", async () => {
    await house.join("one", controller);
    await house.join("two", controller);
    await refresh();
    await house.stop("two");
    await controller.api.rotateKey();
    expect(controller.keys.older()).toHaveLength(1);
    await controller.api.removeNode({ node: "two" });
    expect(controller.keys.older()).toEqual([]);
  });

  /** Where a kill may come: each ends the change at another place, as an error that nobody handles does. */
  const killed = new Error("killed");
  test.each<readonly [where: string, keys: (keys: StoredKeys) => StoredKeys]>([
    ["before the new key is on disk", (keys) => ({ ...keys, renew: () => Promise.reject(killed) })],
    [
      "right after the new key is on disk",
      (keys) => ({ ...keys, renew: () => keys.renew().then(() => Promise.reject(killed)) }),
    ],
    ["before the old key is destroyed", (keys) => ({ ...keys, dropOlder: () => Promise.reject(killed) })],
  ])("is gone on with after the controller was killed %s", async (_where, changeKeys) => {
    await house.join("one", controller);
    await refresh();
    const old = controller.keys.current();
    await restart(changeKeys);
    await controller.api.rotateKey().catch(() => undefined);
    await restart();
    await refresh();
    expect(linked()).toEqual(["one"]);
    if (controller.keys.current().pin === old.pin) await controller.api.rotateKey();
    await expect.poll(async () => refresh().then(() => controller.keys.older()), { timeout: 20_000 }).toEqual([]);
    expect(controller.keys.current().pin).not.toBe(old.pin);
    expect(await house.answers("one", old, controller)).toBe(false);
    expect(linked()).toEqual(["one"]);
  });

  test("is told again to an agent that has lost it with its power", async () => {
    await house.join("one", controller);
    await refresh();
    const [member] = controller.store.members();
    const old = controller.keys.current();
    await controller.keys.renew();
    // As if it had been told: what it was told is not on its disk.
    await controller.store.changeMember(member?.agentId ?? expect.fail("enrolled"), {
      controllerPin: controller.keys.current().pin,
      olderKeys: "answered",
    });
    await expect.poll(async () => refresh().then(() => controller.keys.older()), { timeout: 20_000 }).toEqual([]);
    expect(await house.answers("one", old, controller)).toBe(false);
    expect(linked()).toEqual(["one"]);
  });
});

describe("an agent that was removed", () => {
  test("loses its open connection at once, and does not come back with its key", async () => {
    const agent = await house.join("one", controller);
    await refresh();
    const [{ link } = expect.fail("one node")] = controller.fleet.nodes();
    await link?.describe(signal);
    await controller.api.removeNode({ node: "one" });
    await expect(link?.describe(signal)).rejects.toThrow();
    expect(controller.fleet.nodes()).toEqual([]);
    await refresh();
    expect(linked()).toEqual([]);
    // It is there, with its key, and goes on advertising itself: nobody asks it, and without a token it can't ask.
    expect(await house.trustOf("one")).toMatchObject({ pin: controller.keys.current().pin });
    await house.stop("one");
    await house.again("one");
    await refresh();
    expect(controller.store.members()).toEqual([]);
    // With a new token it is a member again, by the same id.
    await house.stop("one");
    const again = await house.join("one", controller);
    expect(again.agentId).toBe(agent.agentId);
    await refresh();
    expect(linked()).toEqual(["one"]);
  });

  test("by its own machine's decision answers nobody, also on the connection that is open", async () => {
    await house.join("one", controller);
    await refresh();
    const [{ link } = expect.fail("one node")] = controller.fleet.nodes();
    await forgetAgentTrust(house.homeOf("one"));
    await expect
      .poll(
        () =>
          link?.describe(signal).then(
            () => "answered",
            (error: { code: string }) => error.code,
          ),
        { timeout: 10_000 },
      )
      .not.toBe("answered");
    expect(house.logger.lines).toContain("warn this agent has left its controller and answers nobody now");
    await house.stop("one");
    await expect(house.again("one")).rejects.toMatchObject({ code: "not_enrolled" });
  });
});

describe("an agent that joins once more", () => {
  test("after its machine was set up anew, with a new key, is the same node where it kept its id", async () => {
    const first = await house.join("one", controller);
    await refresh();
    await house.stop("one");
    await rm(join(house.homeOf("one"), "identity.pem"));
    await rm(join(house.homeOf("one"), "controller.json"));
    const again = await house.join("one", controller);
    expect([again.agentId, again.pin === first.pin]).toEqual([first.agentId, false]);
    expect(controller.store.members()).toMatchObject([{ agentId: first.agentId, pin: again.pin }]);
    await refresh();
    expect(linked()).toEqual(["one"]);
  });

  test("with a controller that was set up anew leaves the lost one, and says so; by itself it never does", async () => {
    await house.join("one", controller);
    await refresh();
    const lost = controller.keys.current();
    const other = await openKeyedController(house.stateFolder("rebuilt"));
    try {
      // As long as nobody on the machine joins it there, the other controller is a stranger.
      expect(await house.answers("one", other.keys.current(), controller)).toBe(false);
      await house.stop("one");
      await house.join("one", other);
      expect(await house.answers("one", lost, other)).toBe(false);
      expect(await house.answers("one", other.keys.current(), other)).toBe(true);
      expect(house.logger.lines).toContain("warn this agent has left one controller for another");
    } finally {
      await other.close();
    }
  });

  test("that is turned away goes on with the controller that it has", async () => {
    await house.join("one", controller);
    const token = await controller.newToken();
    await controller.store.removeToken(token.id);
    await house.stop("one");
    await expect(house.join("one", controller, token)).rejects.toMatchObject({ code: "token_refused" });
    await house.stop("one");
    await house.again("one");
    await refresh();
    expect(linked()).toEqual(["one"]);
  });
});
