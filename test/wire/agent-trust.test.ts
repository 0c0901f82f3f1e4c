import { connect as connectTcp } from "node:net";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AgentHouse, agentHost, openAgentHouse } from "../support/agent-house.js";
import { testAgentId } from "../support/agent-parts.js";

const { signal } = new AbortController();

let house: AgentHouse;
beforeAll(async () => {
  house = await openAgentHouse();
});
afterAll(() => house.close());

describe("nobody else gets in", () => {
  test("a stranger's key is refused", async () => {
    const own = house.link(house.stranger);
    await expect(own.describe(signal)).rejects.toMatchObject({
      name: "AgentUnreachableError",
      code: "agent_unreachable",
    });
  });

  test("a key that is no longer trusted is refused on a connection that is open", async () => {
    const [first, second] = [house.link(house.controller), house.link(house.stranger)];
    await first.describe(signal);
    house.server.trust([house.controller, house.stranger]);
    await expect(second.describe(signal)).resolves.toMatchObject({ agentId: testAgentId });
    house.server.trust([house.stranger]);
    await expect(first.describe(signal)).rejects.toMatchObject({ name: "AgentRefusedError", code: "other_controller" });
    await expect(second.describe(signal)).resolves.toMatchObject({ agentId: testAgentId });
    house.server.trust([house.controller]);
    await expect(second.takeLease(99, signal)).rejects.toMatchObject({ code: "other_controller" });
    await expect(first.describe(signal)).resolves.toMatchObject({ agentId: testAgentId });
  });

  /** What becomes of a TLS client that waits for the server's first bytes. */
  const tryTls = (options: tls.ConnectionOptions): Promise<string> =>
    new Promise((resolve) => {
      const socket = tls.connect({
        host: agentHost,
        port: house.server.port,
        rejectUnauthorized: false,
        ALPNProtocols: ["h2"],
        ...options,
      });
      socket.once("data", () => resolve("served"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
      socket.once("close", () => resolve("closed"));
      // The client's part of HTTP/2: without it a server that accepts us would have nothing to answer.
      socket.once("secureConnect", () => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"));
      house.onClose.push(async () => void socket.destroy());
    });

  test("with the right certificate the server answers this test's way of asking", async () => {
    expect(await tryTls({ cert: house.controller.certificatePem, key: house.controller.privateKeyPem })).toBe("served");
  });

  test("a client without a certificate is not served", async () => {
    expect(await tryTls({})).not.toBe("served");
  });

  test("TLS 1.2 is not served, even with the right certificate", async () => {
    const old = {
      cert: house.controller.certificatePem,
      key: house.controller.privateKeyPem,
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.2",
    } as const;
    expect(await tryTls(old)).toMatch(/PROTOCOL_VERSION|ECONNRESET|closed/);
  });

  test("plaintext is not served", async () => {
    const outcome = await new Promise<string>((resolve) => {
      const socket = connectTcp(house.server.port, agentHost, () => socket.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
      socket.on("data", (data) => resolve(data[0] === 0x15 ? "TLS alert" : "served"));
      socket.once("close", () => resolve("closed"));
      socket.once("error", () => resolve("closed"));
    });
    expect(["TLS alert", "closed"]).toContain(outcome);
  });

  test("an agent without a controller serves nobody, until it has one", async () => {
    const lonely = await house.serve([]);
    const own = house.link(house.controller, { port: lonely.port });
    await expect(own.describe(signal)).rejects.toMatchObject({ code: "agent_unreachable" });
    lonely.trust([house.controller]);
    await expect(house.link(house.controller, { port: lonely.port }).describe(signal)).resolves.toMatchObject({
      agentId: testAgentId,
    });
    await lonely.close();
  });

  test("the server does not open in a process that still allows TLS 1.2", async () => {
    tls.DEFAULT_MIN_VERSION = "TLSv1.2";
    try {
      await expect(house.serve([house.controller])).rejects.toThrow(/TLSv1.3/);
    } finally {
      tls.DEFAULT_MIN_VERSION = "TLSv1.3";
    }
  });
});
