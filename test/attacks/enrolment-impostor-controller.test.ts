import { afterAll, beforeAll, expect, test } from "vitest";
import { openForeignServer } from "../support/enrolment-attacker.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeAll(async () => {
  house = await openEnrolmentHouse();
});
afterAll(() => house.close());

test("an impostor at the right address with another key gets a handshake and not one byte", async () => {
  const received: Buffer[] = [];
  const impostor = await openForeignServer(await house.newIdentity("impostor"), (socket) => {
    socket.on("data", (chunk: Buffer) => received.push(chunk));
  });
  const token = await house.newToken();
  await expect(house.enrol(token, { port: impostor.port })).rejects.toMatchObject({ code: "controller_pin_mismatch" });
  await impostor.firstClosed;
  expect(received).toEqual([]);
  impostor.close();
  // The token is still good: nobody has learned anything of it.
  expect((await house.enrol(token)).controllerPin).toBe(house.controller.pin);
});

test.each([
  [
    "a wrong proof",
    `{"kind":"enrolled","clusterId":"aaaaaaaa","name":"x","proof":"${"A".repeat(43)}"}\n`,
    "controller_proof_wrong",
  ],
  ["text", "hello\n", "enrolment_failed"],
  ["another shape", '{"kind":"enrolled"}\n', "enrolment_failed"],
  ["too much", "x".repeat(100_000), "enrolment_failed"],
  ["nothing", "", "enrolment_failed"],
  ["an unknown refusal", '{"kind":"refused","code":"\\u001b[2J"}\n', "enrolment_refused"],
])(
  "the holder of the controller's key who does not know the token and answers with %s is not believed",
  async (_what, answer, code) => {
    const thief = await openForeignServer(house.controller, (socket) => socket.once("data", () => socket.end(answer)));
    await expect(house.enrol(await house.newToken(), { port: thief.port })).rejects.toMatchObject({ code });
    thief.close();
  },
);

test("what an impostor says never reaches the terminal", async () => {
  const thief = await openForeignServer(house.controller, (socket) =>
    socket.once("data", () => socket.end('{"kind":"refused","code":"\\u001b]0;owned\\u0007"}\n')),
  );
  const outcome = await house.enrol(await house.newToken(), { port: thief.port }).catch((error: unknown) => error);
  expect(JSON.stringify(outcome)).not.toMatch(/owned|\\u001b/);
  expect(String(outcome)).not.toContain("owned");
  thief.close();
});

test("a controller that does not answer is given up after the deadline", async () => {
  const thief = await openForeignServer(house.controller, () => {});
  await expect(house.enrol(await house.newToken(), { port: thief.port, deadlineMs: 1_500 })).rejects.toMatchObject({
    code: "enrolment_failed",
    message: expect.stringContaining("no answer in time"),
  });
  thief.close();
});
