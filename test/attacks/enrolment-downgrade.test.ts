import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dialEnrolment, openForeignServer, readAll } from "../support/enrolment-attacker.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeEach(async () => {
  house = await openEnrolmentHouse();
});
afterEach(() => house.close());

test("the controller refuses a TLS 1.2 client", async () => {
  await expect(dialEnrolment(house.port, house.agent, { maxVersion: "TLSv1.2" })).rejects.toThrow(/version/i);
});

test("an agent refuses a TLS 1.2 server, even one with the controller's key", async () => {
  const received: Buffer[] = [];
  const old = await openForeignServer(
    house.controller,
    (socket) => socket.on("data", (chunk: Buffer) => received.push(chunk)),
    { maxVersion: "TLSv1.2" },
  );
  await expect(house.enrol(await house.newToken(), { port: old.port })).rejects.toMatchObject({
    code: "controller_unreachable",
  });
  expect(received).toEqual([]);
  old.close();
});

test.each([0, 2, "1", null])("a request of protocol version %j is told nothing", async (version) => {
  const token = await house.newToken();
  const socket = await dialEnrolment(house.port, house.agent);
  const message = {
    version,
    token: token.id,
    agentId: randomUUID(),
    name: "old",
    servicePort: 1,
    proof: "A".repeat(43),
  };
  socket.write(`${JSON.stringify(message)}\n`);
  expect(await readAll(socket)).toBe("");
  // The token has not been touched.
  await house.enrol(token);
});
