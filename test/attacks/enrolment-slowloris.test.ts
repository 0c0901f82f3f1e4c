import { once } from "node:events";
import { describe, expect, test } from "vitest";
import { createOpenConnections } from "../../src/adapters/tls/connection-limits.js";
import { dialEnrolment, dialSilently, readAll } from "../support/enrolment-attacker.js";
import { openEnrolmentHouse } from "../support/enrolment-house.js";

describe("connections that say nothing, or little", () => {
  test("are closed after the deadline, before and after the handshake", async () => {
    const house = await openEnrolmentHouse({ deadlineMs: 1_500 });
    const silent = await dialSilently(house.port);
    const shaken = await dialEnrolment(house.port, house.agent);
    shaken.write('{"version":');
    await Promise.all([once(silent, "close"), readAll(shaken)]);
    await house.close();
  });

  test("of one source are bounded, and an agent of the same address is served beside them", async () => {
    const house = await openEnrolmentHouse({ deadlineMs: 60_000, limits: { total: 256, perSource: 8 } });
    const closed: number[] = [];
    const stalled = await Promise.all(
      Array.from({ length: 30 }, async (_, at) => {
        const socket = await dialSilently(house.port);
        socket.once("close", () => closed.push(at));
        return socket;
      }),
    );
    await house.enrol(await house.newToken());
    await expect.poll(() => closed.length).toBe(stalled.length - 7);
    for (const socket of stalled) socket.destroy();
    await house.close();
  });

  test("of another source do not keep an agent out, even when they fill the listener", async () => {
    const house = await openEnrolmentHouse({ deadlineMs: 60_000, limits: { total: 8, perSource: 100 } });
    const stalled = await Promise.all(Array.from({ length: 20 }, () => dialSilently(house.port)));
    await house.enrol(await house.newToken());
    for (const socket of stalled) socket.destroy();
    await house.close();
  });

  test("do not keep the listener from closing", async () => {
    const house = await openEnrolmentHouse({ deadlineMs: 60_000 });
    const shaken = await dialEnrolment(house.port, house.agent);
    await Promise.all([house.close(), readAll(shaken)]);
  });
});

describe("who makes room for the newest connection", () => {
  const aConnection = (name: string, closed: string[]) => ({ destroy: () => void closed.push(name) });

  test("is the oldest of its own source, and otherwise the oldest of the source that has most", () => {
    const closed: string[] = [];
    const open = createOpenConnections({ total: 4, perSource: 3 });
    for (const name of ["a1", "a2", "a3", "a4"]) open.add("a", aConnection(name, closed));
    expect(closed).toEqual(["a1"]);
    open.add("b", aConnection("b1", closed));
    expect(closed).toEqual(["a1"]);
    open.add("c", aConnection("c1", closed));
    expect(closed).toEqual(["a1", "a2"]);
    open.closeAll();
    expect(closed).toEqual(["a1", "a2", "a3", "a4", "b1", "c1"]);
  });

  test("is nobody once earlier ones have ended", () => {
    const closed: string[] = [];
    const open = createOpenConnections({ total: 1, perSource: 1 });
    const first = aConnection("first", closed);
    open.add("a", first);
    open.remove("a", first);
    open.add("b", aConnection("second", closed));
    expect(closed).toEqual([]);
  });
});
