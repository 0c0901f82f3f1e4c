import { afterEach, beforeEach, expect, test } from "vitest";
import { dialEnrolment, openForeignServer } from "../support/enrolment-attacker.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeEach(async () => {
  house = await openEnrolmentHouse();
});
afterEach(() => house.close());

test("a relay with a TLS key of its own learns nothing: the agent sends it nothing", async () => {
  const seen: Buffer[] = [];
  const own = await house.newIdentity("relay");
  const relay = await openForeignServer(own, (agentSide) => {
    agentSide.on("data", (chunk: Buffer) => seen.push(chunk));
    void dialEnrolment(house.port, own).then((controllerSide) => {
      agentSide.pipe(controllerSide);
      controllerSide.pipe(agentSide);
    });
  });
  const token = await house.newToken();
  await expect(house.enrol(token, { port: relay.port })).rejects.toMatchObject({ code: "controller_pin_mismatch" });
  await relay.firstClosed;
  expect(seen).toEqual([]);
  expect(house.store.members()).toEqual([]);
  relay.close();
});

test("a relay that has stolen both keys, but not the channel, is refused and learns no secret", async () => {
  let seen = "";
  const relay = await openForeignServer(house.controller, (agentSide) => {
    void dialEnrolment(house.port, house.agent).then((controllerSide) => {
      agentSide.on("data", (chunk: Buffer) => {
        seen += chunk.toString();
      });
      agentSide.pipe(controllerSide);
      controllerSide.pipe(agentSide);
    });
  });
  const token = await house.newToken();
  await expect(house.enrol(token, { port: relay.port })).rejects.toMatchObject({ code: "token_refused" });
  expect(house.store.members()).toEqual([]);
  expect(seen).toContain(token.id);
  expect(seen).not.toContain(Buffer.from(token.secret).toString("base64url"));
  relay.close();
});
