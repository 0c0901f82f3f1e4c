import { afterEach, beforeEach, expect, test } from "vitest";
import { dialEnrolment, openForeignServer, readAll } from "../support/enrolment-attacker.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeEach(async () => {
  house = await openEnrolmentHouse();
});
afterEach(() => house.close());

test("a token that was used is worth nothing, to its own agent and to another one", async () => {
  const token = await house.newToken();
  await house.enrol(token);
  const before = house.store.members();
  await expect(house.enrol(token)).rejects.toMatchObject({ code: "token_used" });
  const identity = await house.newIdentity("agent-2");
  await expect(house.enrol(token, { identity })).rejects.toMatchObject({ code: "token_used" });
  expect(house.store.members()).toEqual(before);
});

test("a revoked token is worth nothing", async () => {
  const token = await house.newToken();
  await house.store.removeToken(token.id);
  await expect(house.enrol(token)).rejects.toMatchObject({ code: "token_refused" });
});

test("a recorded request is worth nothing on another connection", async () => {
  let recorded = "";
  const relay = await openForeignServer(house.controller, (socket) =>
    socket.once("data", (chunk: Buffer) => {
      recorded = chunk.toString();
      socket.destroy();
    }),
  );
  await expect(house.enrol(await house.newToken(), { port: relay.port })).rejects.toMatchObject({
    code: "enrolment_failed",
  });
  relay.close();
  const replay = await dialEnrolment(house.port, house.agent);
  replay.write(recorded);
  expect(JSON.parse(await readAll(replay))).toEqual({ kind: "refused", code: "token_refused" });
  expect(house.store.members()).toEqual([]);
});
