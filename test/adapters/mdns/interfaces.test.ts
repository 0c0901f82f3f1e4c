import { describe, expect, test } from "vitest";
import {
  chooseControlInterface,
  chooseInterfaces,
  type InterfaceTable,
  isOnLink,
} from "../../../src/adapters/mdns/choose-interfaces.js";
import { watchInterfaces } from "../../../src/adapters/mdns/interface-watch.js";
import { acceptsPacket } from "../../../src/adapters/mdns/mdns-socket.js";
import type { Clock } from "../../../src/runtime/clock.js";
import { waitUntil } from "../../support/wait-until.js";

const address = (ip: string, netmask = "255.255.255.0", internal = false) => ({
  address: ip,
  netmask,
  mac: "02:00:00:00:00:01",
  family: "IPv4",
  internal,
});
const aMac: InterfaceTable = {
  lo0: [{ ...address("::1"), family: "IPv6", internal: true }, address("127.0.0.1", "255.0.0.0", true)],
  en2: [address("169.254.7.1", "255.255.0.0")],
  en0: [{ ...address("fe80::1"), family: "IPv6" }, address("10.0.0.5"), address("10.0.9.5")],
  en1: [address("10.0.1.5")],
  utun0: [{ ...address("fe80::2"), family: "IPv6" }],
};
const names = (wanted: string): string[] => chooseInterfaces(aMac, wanted).map((local) => local.name);

describe("choosing interfaces", () => {
  test("auto is every IPv4 interface that leads out; loopback only by name or address", () => {
    expect(names("auto")).toEqual(["en2", "en0", "en1"]);
    expect(names("lo0")).toEqual(["lo0"]);
    expect(names("127.0.0.1")).toEqual(["lo0"]);
    expect(names("en1")).toEqual(["en1"]);
    expect(chooseInterfaces(aMac, "10.0.9.5")).toMatchObject([{ name: "en0", address: "10.0.9.5" }]);
    expect(names("en9")).toEqual([]);
  });

  test("the control interface is routed, or a bare cable when there is nothing else", () => {
    expect(chooseControlInterface(aMac, "auto")?.name).toBe("en0");
    expect(chooseControlInterface({ en2: aMac.en2 }, "auto")?.name).toBe("en2");
    expect(chooseControlInterface({}, "auto")).toBeUndefined();
  });

  test("a source is on the link by its subnet", () => {
    const local = { address: "10.0.0.5", netmask: "255.255.255.0" };
    expect(isOnLink("10.0.0.200", local)).toBe(true);
    expect(isOnLink("10.0.1.5", local)).toBe(false);
    expect(isOnLink("fe80::1", local)).toBe(false);
    expect(isOnLink("200.0.0.1", { address: "200.0.0.9", netmask: "255.0.0.0" })).toBe(true);
  });

  test("only small responses from the mDNS port of a host on the link get through", () => {
    const [local] = chooseInterfaces(aMac, "en0");
    if (local === undefined) throw new Error("en0 is there");
    const rules = { listening: "responses", mdnsPort: 5_000, local } as const;
    const packet = (bytes = 100, records = 1, flags = 0x84): Buffer =>
      Buffer.concat([Buffer.from([0, 0, flags, 0, 0, 0, 0, records, 0, 0, 0, 0]), Buffer.alloc(bytes)]);
    const from = { address: "10.0.0.9", port: 5_000 };
    expect(acceptsPacket(packet(), from, rules)).toBe(true);
    expect(acceptsPacket(packet(), { ...from, port: 5_001 }, rules)).toBe(false);
    expect(acceptsPacket(packet(), { ...from, address: "10.0.1.9" }, rules)).toBe(false);
    expect(acceptsPacket(packet(9_000), from, rules)).toBe(false);
    expect(acceptsPacket(packet(100, 65), from, rules)).toBe(false);
    expect(acceptsPacket(packet(100, 1, 0), from, rules)).toBe(false);
    expect(acceptsPacket(Buffer.alloc(11), from, rules)).toBe(false);
    expect(acceptsPacket(packet(100, 1, 0), { ...from, port: 1 }, { ...rules, listening: "queries" })).toBe(true);
  });
});

test("sockets are closed and opened again when an interface changes, and a failure is told once", async () => {
  let table: InterfaceTable = { en0: [address("10.0.0.5")] };
  let wake: () => void = () => {};
  const clock: Clock = {
    now: () => 0,
    sleep: (_ms, signal) =>
      new Promise((resolve, reject) => {
        wake = resolve;
        signal?.addEventListener("abort", () => reject(signal.reason));
      }),
  };
  const log: string[] = [];
  let looks = 0;
  const close = await watchInterfaces({
    clock,
    readInterfaces: () => {
      looks += 1;
      return table;
    },
    choose: (present) => chooseInterfaces(present, "auto"),
    open: async (local) => {
      if (local.name === "bad") throw new Error("no");
      log.push(`open ${local.address}`);
      return async () => {
        log.push(`close ${local.address}`);
      };
    },
    onTrouble: (message) => log.push(message),
  });
  const look = async (next: InterfaceTable): Promise<void> => {
    table = next;
    const before = looks;
    const woken = wake;
    woken();
    await waitUntil(() => looks > before && wake !== woken, "the next look");
  };
  await look({ en0: [address("10.0.0.5")] });
  await look({ en0: [address("10.0.0.6")], bad: [address("10.0.5.1")] });
  await look({ en0: [address("10.0.0.6")], bad: [address("10.0.5.1")] });
  await look({});
  await look({ en0: [address("10.0.0.6")] });
  await close();
  await close();
  expect(log).toEqual([
    "open 10.0.0.5",
    "close 10.0.0.5",
    "open 10.0.0.6",
    "mDNS does not work on bad (10.0.5.1): no",
    "close 10.0.0.6",
    "no network interface to use mDNS on",
    "open 10.0.0.6",
    "close 10.0.0.6",
  ]);
});
