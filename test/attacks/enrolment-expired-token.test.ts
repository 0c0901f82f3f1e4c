import { afterEach, beforeEach, expect, test } from "vitest";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeEach(async () => {
  house = await openEnrolmentHouse();
});
afterEach(() => house.close());

test("an expired token is refused, and stays so", async () => {
  const token = await house.newToken({ lifeMs: 60_000 });
  house.passMs(60_000);
  await expect(house.enrol(token)).rejects.toMatchObject({ code: "token_expired" });
  await expect(house.enrol(token)).rejects.toMatchObject({ code: "token_expired" });
  expect(house.store.members()).toEqual([]);
});

test("a millisecond before its end a token is good", async () => {
  const token = await house.newToken({ lifeMs: 60_000 });
  house.passMs(59_999);
  expect((await house.enrol(token)).standing).toBe("member");
});

test("that a token has expired is told to nobody who does not hold it", async () => {
  const token = await house.newToken({ lifeMs: 60_000 });
  house.passMs(60_000);
  await expect(house.enrol({ ...token, secret: Buffer.alloc(32, 7) })).rejects.toMatchObject({ code: "token_refused" });
});
