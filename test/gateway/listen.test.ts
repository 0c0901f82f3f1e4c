import { expect, test } from "vitest";
import { checkDoor, type DoorSettings, defaultDoor } from "../../src/gateway/door/door-settings.js";
import { openGateway } from "../../src/gateway/serve-gateway.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { realClock, seededRandom } from "../support/gateway-house.js";

const open = (host: string, port = 0) =>
  openGateway({
    listen: { host, port },
    models: () => [],
    upstream: { open: () => ({ resume: () => {}, abort: () => {} }) },
    clock: realClock,
    random: seededRandom(),
    logger: silentLogger,
  });

test.each(["0.0.0.0", "::", "10.0.0.5", "studio-1.local", "", "127.0.0.1.evil.example", "localhost.evil.example"])(
  "without TLS the gateway does not open on %j",
  async (host) => {
    await expect(open(host)).rejects.toMatchObject({
      name: "Problem",
      kind: "usage",
      code: "gateway_exposed",
      hint: expect.stringContaining("gateway.listen"),
    });
  },
);

test("every loopback address will do, and the free port that was found is told", async () => {
  for (const host of ["127.0.0.1", "localhost", "LOCALHOST"]) {
    const gateway = await open(host);
    expect(gateway.port).toBeGreaterThan(0);
    await gateway.close();
  }
});

test("a port in use is told in one sentence that names the setting", async () => {
  const first = await open("127.0.0.1");
  await expect(open("127.0.0.1", first.port)).rejects.toMatchObject({
    name: "Problem",
    kind: "failed",
    code: "port_in_use",
    message: expect.stringContaining(`127.0.0.1:${first.port}`),
    hint: expect.stringContaining("gateway.listen"),
  });
  await first.close();
});

const material = { certificatePem: "", privateKeyPem: "" };

test.each<[string, Partial<DoorSettings>, "opens" | "stays closed"]>([
  ["127.0.0.1", {}, "opens"],
  ["127.0.0.1", { keys: "none" }, "opens"],
  ["127.0.0.1", { tls: "proxy" }, "opens"],
  ["127.0.0.1", { tls: "proxy", keys: "none" }, "stays closed"],
  ["0.0.0.0", { keys: "required" }, "stays closed"],
  ["0.0.0.0", { tls: material }, "opens"],
  ["0.0.0.0", { tls: "proxy" }, "opens"],
  ["0.0.0.0", { tls: material, keys: "none" }, "stays closed"],
])("on %s with %j it %s", (host, change, outcome) => {
  const check = (): void => checkDoor({ host, port: 8415 }, { ...defaultDoor, ...change });
  if (outcome === "opens") expect(check).not.toThrow();
  else expect(check).toThrow(expect.objectContaining({ code: "gateway_exposed" }));
});
