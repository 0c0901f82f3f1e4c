import { once } from "node:events";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { listenForEnrolment } from "../../../src/adapters/tls/enrolment-listener.js";
import { nodeName } from "../../../src/cluster/names.js";
import { silentLogger } from "../../../src/runtime/logger.js";
import { type EnrolmentHouse, openEnrolmentHouse } from "../../support/enrolment-house.js";

let house: EnrolmentHouse;
beforeEach(async () => {
  house = await openEnrolmentHouse();
});
afterEach(async () => {
  await house.close();
});

describe("enrolment", () => {
  test("gives each side the other's key, and the controller the agent's address", async () => {
    const enrolment = await house.enrol(await house.newToken());
    expect(enrolment).toEqual({
      controllerPin: house.controller.pin,
      controllerCertificatePem: house.controller.certificatePem,
      clusterId: house.store.clusterId,
      standing: "member",
      name: "studio-1",
    });
    expect(house.store.members()).toEqual([
      {
        agentId: house.agentId,
        name: "studio-1",
        pin: house.agent.pin,
        certificatePem: house.agent.certificatePem,
        enrolledAt: 1_000_000,
        lastAddress: { host: "127.0.0.1", port: 8_417 },
        cordoned: false,
        controllerPin: house.controller.pin,
      },
    ]);
  });

  test("takes the name from the token when it has one", async () => {
    expect((await house.enrol(await house.newToken({ forName: nodeName("rack-7") }))).name).toBe("rack-7");
  });

  test("again, with a new key, needs a new token and keeps name and cordon", async () => {
    const token = await house.newToken();
    await house.enrol(token);
    const [member] = house.store.members();
    await house.store.changeMember(member?.agentId ?? expect.fail("enrolled"), {
      cordoned: true,
      name: nodeName("renamed"),
    });
    const identity = await house.newIdentity("agent-2");
    await expect(house.enrol(token, { identity })).rejects.toMatchObject({ code: "token_used" });
    await house.enrol(await house.newToken(), { identity });
    expect(house.store.members()).toMatchObject([{ pin: identity.pin, cordoned: true, name: "renamed" }]);
  });

  test.each([
    [
      "token_for_other_node",
      async () => {
        await house.enrol(await house.newToken());
        return house.enrol(await house.newToken({ forName: nodeName("other") }));
      },
    ],
    ["controller_unreachable", async () => house.enrol(await house.newToken(), { port: 1 })],
  ])("ends with %s, one sentence and a hint", async (code, attempt) => {
    await expect(attempt()).rejects.toMatchObject({ name: "Problem", code, hint: expect.stringMatching(/.{10}/) });
  });

  test("a port in use is told in one sentence", async () => {
    const again = listenForEnrolment({
      identity: house.controller,
      host: "127.0.0.1",
      port: house.port,
      redeem: house.redeem,
      logger: silentLogger,
    });
    await expect(again).rejects.toMatchObject({ code: "port_in_use" });
  });

  test("the caller's signal ends it with the caller's reason", async () => {
    const silent = createTcpServer(() => {}).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const control = new AbortController();
    const attempt = house.enrol(await house.newToken(), {
      port: (silent.address() as AddressInfo).port,
      signal: control.signal,
    });
    control.abort(new Error("the user gave up"));
    await expect(attempt).rejects.toThrow("the user gave up");
    silent.close();
  });
});

test("a listener that has closed can't be reached", async () => {
  await house.close();
  const token = { id: "a", secret: Buffer.alloc(32), controllerPin: house.controller.pin };
  await expect(house.enrol(token)).rejects.toMatchObject({ code: "controller_unreachable", kind: "unreachable" });
  house = await openEnrolmentHouse();
});
