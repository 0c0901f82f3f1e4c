import { describe, expect, test } from "vitest";
import { createInstanceTable } from "../../../src/adapters/mdns/instance-table.js";
import type { InstanceNews } from "../../../src/adapters/mdns/read-response.js";

const news = (parts: Partial<InstanceNews> = {}): InstanceNews => ({
  instance: "a",
  fullName: "a._exoctl._tcp.local",
  kind: "announced",
  ttlSec: 100,
  port: 1,
  ...parts,
});
const withoutPort = (parts: Partial<InstanceNews> = {}): InstanceNews => {
  const { port: _port, ...rest } = news(parts);
  return rest;
};

describe("instances on a link", () => {
  test("are asked for again at 80, 90 and 95 % of their life, and then forgotten", () => {
    const table = createInstanceTable();
    table.take(news(), "10.0.0.1", 0);
    for (const at of [80_000, 90_000, 95_000]) {
      expect(table.nextDueAt()).toBe(at);
      expect(table.due(at - 1).refresh).toBe("not-needed");
      expect(table.due(at).refresh).toBe("needed");
    }
    expect(table.nextDueAt()).toBe(100_000);
    expect(table.due(100_000)).toEqual({ locate: [], refresh: "not-needed" });
    expect(table.nextDueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test("start a new life when heard of again, also by a packet without SRV from the same address", () => {
    const table = createInstanceTable();
    table.take(news({ txt: [Buffer.from("pv=1")] }), "10.0.0.1", 0);
    expect(table.take(withoutPort(), "10.0.0.1", 50_000)).toMatchObject({
      port: 1,
      seenAt: 50_000,
      txt: [Buffer.from("pv=1")],
    });
    expect(table.nextDueAt()).toBe(130_000);
  });

  test("are not moved by a packet without SRV from another address", () => {
    const table = createInstanceTable();
    table.take(news(), "10.0.0.1", 0);
    expect(table.take(withoutPort(), "10.0.0.66", 10)).toBeUndefined();
    expect(table.nextDueAt()).toBe(80_000);
  });

  test("that were only named are asked for after 100 ms, 1 s and 3 s, and dropped after 6 s", () => {
    const table = createInstanceTable();
    expect(table.take(withoutPort(), "10.0.0.1", 0)).toBeUndefined();
    for (const at of [100, 1_000, 3_000]) {
      expect(table.nextDueAt()).toBe(at);
      expect(table.due(at).locate).toEqual(["a._exoctl._tcp.local"]);
    }
    expect(table.due(6_000).locate).toEqual([]);
    expect(table.nextDueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test("are not taken from records nobody announced", () => {
    const table = createInstanceTable();
    expect(table.take(news({ kind: "described" }), "10.0.0.1", 0)).toBeUndefined();
    expect(table.nextDueAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test("a flood of names without SRV makes it ask for 16 of them at most, and pushes out no located one", () => {
    const table = createInstanceTable();
    table.take(news(), "10.0.0.1", 0);
    for (let index = 0; index < 1_000; index += 1)
      table.take(withoutPort({ fullName: `f${index}._exoctl._tcp.local` }), "10.0.0.66", 1);
    expect(table.due(101).locate).toHaveLength(16);
    expect(table.take(withoutPort(), "10.0.0.1", 200)).toMatchObject({ port: 1 });
  });
});
