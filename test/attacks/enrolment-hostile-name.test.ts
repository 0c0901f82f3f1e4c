import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { dialEnrolment, readAll } from "../support/enrolment-attacker.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeAll(async () => {
  house = await openEnrolmentHouse();
});
afterAll(() => house.close());

test.each([
  ["a line end, to forge a line of the log", "a\nexoctl: enrolled"],
  ["a carriage return", "a\rb"],
  ["ANSI colours", "a\u001b[31mb"],
  ["a terminal's title", "a\u001b]0;owned\u0007b"],
  ["a C1 control character", "a\u009b2Jb"],
  ["a NUL", "a\0b"],
  ["a tab", "a\tb"],
  ["a bidirectional override", "a\u202egnp.exe"],
  ["a zero-width space", "a\u200bb"],
  ["half of a surrogate pair", "a\ud800b"],
  ["a path", "../../etc/cron.d/x"],
  ["markup", "<img src=x onerror=alert(1)>"],
  ["a leading blank", " a"],
  ["nothing", ""],
])("a name with %s is told nothing and enrols nobody", async (_what, name) => {
  const socket = await dialEnrolment(house.port, house.agent);
  const message = { version: 1, token: "a", agentId: randomUUID(), name, servicePort: 1, proof: "A".repeat(43) };
  socket.write(`${JSON.stringify(message)}\n`);
  expect(await readAll(socket)).toBe("");
  expect(house.store.members()).toEqual([]);
});

test("a name in any script is fine", async () => {
  expect((await house.enrol(await house.newToken(), { name: "Büro 3 (スタジオ)" })).name).toBe("Büro 3 (スタジオ)");
});
