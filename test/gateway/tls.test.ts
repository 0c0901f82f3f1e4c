import { beforeAll, describe, expect, test } from "vitest";
import { defaultDoor } from "../../src/gateway/door/door-settings.js";
import { publicUrl } from "../../src/gateway/public-url.js";
import { certificateNames, type TlsMaterial } from "../../src/gateway/tls/tls-material.js";
import { watchMaterial } from "../../src/gateway/tls/watch-material.js";
import { createHandClock, createLogKeeper } from "../support/gateway-house.js";
import { makeCertificate } from "../support/tls-certificates.js";

const dayMs = 86_400_000;
const start = Date.parse("2026-06-01T12:00:00Z");

let first: TlsMaterial;
let second: TlsMaterial;
beforeAll(async () => {
  first = await makeCertificate({ commonName: "a", notBefore: start, notAfter: start + 22 * dayMs });
  second = await makeCertificate({
    commonName: "a",
    dnsNames: ["*.lan.example", "AI.example.com"],
    notBefore: start,
    notAfter: start + 90 * dayMs,
  });
});

function aWatch() {
  const clock = createHandClock(start);
  const logger = createLogKeeper();
  const used: TlsMaterial[] = [];
  const state = { read: async (): Promise<TlsMaterial> => first };
  const close = watchMaterial({ first, read: () => state.read(), use: (next) => void used.push(next), clock, logger });
  const pass = async (ms: number): Promise<void> => {
    await clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  const said = (): readonly string[] => logger.lines.map((line) => (JSON.parse(line) as { message: string }).message);
  return { state, used, pass, said, close };
}

describe("a certificate on disk", () => {
  test("is taken once, when it has changed", async () => {
    const { state, used, pass, close } = aWatch();
    await pass(10_000);
    expect(used).toEqual([]);
    state.read = async () => second;
    await pass(10_000);
    await pass(10_000);
    expect(used).toEqual([second]);
    await close();
  });

  test("that is no good stays where it is, and is told once; half a renewal is not", async () => {
    const { state, used, pass, said, close } = aWatch();
    const broken = () => Promise.reject(new Error("the key is not the certificate's"));
    state.read = broken;
    await pass(10_000);
    state.read = async () => first;
    await pass(10_000);
    expect(said()).toEqual([]);
    state.read = broken;
    for (let time = 0; time < 5; time += 1) await pass(10_000);
    expect(said()).toEqual(["the files of the certificate are no good"]);
    expect(used).toEqual([]);
    await close();
  });

  test("that expires within three weeks is told of once a day, until it is renewed", async () => {
    const { state, pass, said, close } = aWatch();
    expect(said()).toEqual([]);
    for (let look = 0; look < 4; look += 1) await pass(dayMs / 2);
    await pass(10_000);
    expect(said()).toEqual(Array(2).fill("the certificate expires soon"));
    state.read = async () => second;
    await pass(10_000);
    for (let look = 0; look < 4; look += 1) await pass(dayMs / 2);
    expect(said().slice(2)).toEqual(["the certificate was renewed"]);
    await close();
  });
});

test("clients are told a name that the certificate is for, else an address that leads here", () => {
  const at = { address: "0.0.0.0", port: 8415, ownAddress: "10.0.0.5" };
  expect(certificateNames(first)).toEqual([]);
  expect(certificateNames(second)).toEqual(["*.lan.example", "ai.example.com"]);
  expect(publicUrl({ address: "127.0.0.1", port: 8415 })).toBe("http://127.0.0.1:8415");
  expect(publicUrl({ address: "::1", port: 8415 })).toBe("http://[::1]:8415");
  expect(publicUrl({ ...at, door: { ...defaultDoor, tls: second } })).toBe("https://ai.example.com:8415");
  expect(publicUrl({ ...at, door: { ...defaultDoor, tls: first } })).toBe("https://10.0.0.5:8415");
  const proxied = { ...defaultDoor, tls: "proxy" } as const;
  expect(publicUrl({ ...at, door: proxied })).toBe("http://10.0.0.5:8415");
  expect(publicUrl({ ...at, door: { ...proxied, hosts: ["*.x.example", "ai.x.example"] } })).toBe(
    "https://ai.x.example",
  );
});
