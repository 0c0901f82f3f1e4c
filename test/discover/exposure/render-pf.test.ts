import { BlockList, isIPv6 } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { renderPf } from "../../../src/discover/exposure/render-pf.js";

interface Packet {
  readonly on: string;
  readonly from: string;
  readonly protocol: "tcp" | "udp";
  readonly port: number;
}

const rule =
  /^(pass|block drop) in quick(?: on (\S+))?(?: (inet6?))?(?: proto \{ tcp, udp \} from (\S+) to any port \{ ([\d, ]+) \})?$/;

/** pf.conf(5): the first rule with `quick` that fits decides; what no rule fits passes. */
function decide(file: string, packet: Packet): "pass" | "block" {
  const lines = file.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  for (const line of lines) {
    const [whole, action, on, family, from, ports] = rule.exec(line) ?? [];
    if (whole === undefined) throw new Error(`not a rule: ${line}`);
    if (on !== undefined && on !== packet.on) continue;
    if (family !== undefined && (family === "inet6") !== isIPv6(packet.from)) continue;
    if (from !== undefined && from !== "any" && !covers(from, packet.from)) continue;
    if (ports !== undefined && !ports.split(", ").map(Number).includes(packet.port)) continue;
    return action === "pass" ? "pass" : "block";
  }
  return "pass";
}

function covers(source: string, address: string): boolean {
  const [network = "", bits] = source.split("/");
  if (isIPv6(network) !== isIPv6(address)) return false;
  const block = new BlockList();
  const family = isIPv6(network) ? "ipv6" : "ipv4";
  block.addSubnet(network, Number(bits ?? (family === "ipv6" ? 128 : 32)), family);
  return block.check(address, family);
}

const exoPort = fc.constantFrom(52_413, 52_414, 52_415);
const protocol = fc.constantFrom("tcp" as const, "udp" as const);
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6().filter((ip) => !/^fe[89ab]/i.test(ip) && !ip.includes(".")),
);

describe("the packet filter file", () => {
  test("lets in who is named, and nobody else, on exo's ports", () => {
    fc.assert(
      fc.property(fc.array(address, { maxLength: 5 }), address, exoPort, protocol, (allowed, from, port, by) => {
        const file = renderPf(allowed.map((one) => ({ address: one, note: "node" })));
        for (const one of allowed) expect(decide(file, { on: "en0", from: one, protocol: by, port })).toBe("pass");
        if (allowed.some((one) => covers(one, from))) return;
        expect(decide(file, { on: "en0", from, protocol: by, port })).toBe("block");
      }),
      { numRuns: 200 },
    );
  });

  test("touches no other port, nothing on this machine, and lets neighbours on a cable find each other", () => {
    const file = renderPf([{ address: "10.0.0.11", note: "studio-1" }]);
    const packet = { on: "en0", from: "203.0.113.9", protocol: "tcp", port: 52_415 } as const;
    expect(decide(file, { ...packet, port: 22 })).toBe("pass");
    expect(decide(file, { ...packet, port: 8_417 })).toBe("pass");
    expect(decide(file, { ...packet, on: "lo0", from: "127.0.0.1" })).toBe("pass");
    expect(decide(file, { ...packet, from: "fe80::1", protocol: "udp", port: 52_413 })).toBe("pass");
    expect(decide(file, packet)).toBe("block");
  });

  test("a network may be allowed", () => {
    const file = renderPf([{ address: "10.0.0.0/28", note: "admins" }]);
    const packet = { on: "en0", protocol: "tcp", port: 52_415 } as const;
    expect(decide(file, { ...packet, from: "10.0.0.14" })).toBe("pass");
    expect(decide(file, { ...packet, from: "10.0.0.16" })).toBe("block");
  });

  test.each(["10.0.0.1 to any\npass in quick all", "any", "studio-1", "10.0.0.0/28 ", "10.0.0.1/x", ""])(
    "what is no address gets into no rule: %j",
    (text) => {
      expect(() => renderPf([{ address: text, note: "" }])).toThrow(RangeError);
    },
  );

  test("names from elsewhere stay in their comment", () => {
    const file = renderPf([{ address: "10.0.0.1", note: "studio\npass in quick all\u001b[2J" }]);
    expect(file.split("\n")).toContain("# studio?pass in quick all?[2J");
  });
});
