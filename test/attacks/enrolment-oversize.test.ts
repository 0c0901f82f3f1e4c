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
  ["17 KiB without an end", "x".repeat(17 * 1024)],
  ["16 MiB at once", "x".repeat(16 * 1024 * 1024)],
  ["17 KiB with an end", `"${"x".repeat(17 * 1024)}"\n`],
  ["a deep structure", `${"[".repeat(15_000)}\n`],
  ["garbage", "hello\n"],
  ["JSON of another shape", '{"version":1,"token":"x","extra":true}\n'],
  ["a port beyond the last", requestWith({ servicePort: 65_536 })],
  ["a name of 64 letters", requestWith({ name: "n".repeat(64) })],
  ["a proof of two kilobytes", requestWith({ proof: "A".repeat(2_048) })],
])("%s is told nothing, and the next agent is served", async (_what, text) => {
  const socket = await dialEnrolment(house.port, house.agent);
  socket.write(text);
  expect(await readAll(socket)).toBe("");
  await house.enrol(await house.newToken());
});

function requestWith(changes: object): string {
  const good = { version: 1, token: "a", agentId: randomUUID(), name: "n", servicePort: 1, proof: "A".repeat(43) };
  return `${JSON.stringify({ ...good, ...changes })}\n`;
}
