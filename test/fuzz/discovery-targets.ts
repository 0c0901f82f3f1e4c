import { decode, encode } from "dns-packet";
import { acceptsPacket } from "../../src/adapters/mdns/mdns-socket.js";
import { readResponse } from "../../src/adapters/mdns/read-response.js";
import { readClassicBeacon } from "../../src/discover/exo/classic-beacon.js";
import { readHelloPacket, writeHello } from "../../src/discover/exo/hello-packets.js";
import { readLibp2pAnswer } from "../../src/discover/exo/libp2p-answer.js";
import { readDeviceInfo } from "../../src/discover/macs/device-info.js";
import { readAgentTxt } from "../../src/discover/parse-txt.js";
import { type FuzzTarget, file, json } from "./target.js";

const txt = ["txtvers=1", "pv=1", "id=5f2c9ae1-d07b-4c66-88b1-f0e2a3d4c5b6", `fp=${"A".repeat(43)}`];
const service = "_exoctl._tcp.local";
const instance = `studio-1.${service}`;
const packet = encode({
  type: "response",
  answers: [
    { name: service, type: "PTR", ttl: 120, data: instance },
    { name: instance, type: "SRV", ttl: 120, data: { port: 8417, target: "studio-1.local" } },
  ],
  additionals: [
    { name: instance, type: "TXT", ttl: 4_500, data: txt.map((text) => Buffer.from(text)) },
    { name: "studio-1.local", type: "A", ttl: 120, data: "10.0.0.11" },
  ],
});
const libp2p = Buffer.from(
  file("test/fixtures/discovery/libp2p-answer.hex").toString("utf8").replace(/\s/g, ""),
  "hex",
);

const local = {
  ...{ name: "lo", address: "127.0.0.1", netmask: "255.0.0.0", mac: "00:00:00:00:00:00" },
  scope: "loopback" as const,
};

/** As our socket lets it through and the packet library reads it; what that does not understand, it drops. */
function recordsIn(bytes: Buffer): { readonly answers: object[]; readonly additionals: object[] } | undefined {
  const from = { address: "127.0.0.1", port: 5_353 };
  if (!acceptsPacket(bytes, from, { listening: "responses", mdnsPort: 5_353, local })) return undefined;
  try {
    const { answers = [], additionals = [] } = decode(bytes);
    return { answers, additionals };
  } catch {
    return undefined;
  }
}

/** The strings of a TXT record: each with its length before it (RFC 6763 6.1). */
function txtStrings(bytes: Buffer): readonly Buffer[] {
  const strings: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 1 + (bytes[at] ?? 0))
    strings.push(bytes.subarray(at + 1, at + 1 + (bytes[at] ?? 0)));
  return strings;
}

const asTxt = (strings: readonly string[]): Buffer =>
  Buffer.concat(strings.map((text) => Buffer.concat([Buffer.from([text.length]), Buffer.from(text)])));

/** What anybody on the link may send. */
export const discoveryTargets: readonly FuzzTarget[] = [
  {
    name: "mDNS TXT",
    samples: [asTxt(txt), asTxt(["model=Mac15,14", "osxvers=25"])],
    run: (bytes) => [readAgentTxt(txtStrings(bytes)), readDeviceInfo(txtStrings(bytes))],
    refuses: [],
  },
  {
    name: "mDNS packet",
    samples: [packet, libp2p],
    run: (bytes) => {
      const read = recordsIn(bytes);
      if (read === undefined) return undefined;
      const records = [...read.answers, ...read.additionals] as never[];
      return [readResponse(read as never, service), readLibp2pAnswer(records)];
    },
    refuses: [],
  },
  {
    name: "exo's hello",
    samples: [
      Buffer.from(writeHello("0011223344556677", "8899aabbccddeeff")),
      Buffer.concat([Buffer.from("EXO\x01"), Buffer.alloc(24, 7), Buffer.from([0xbe, 0xcc])]),
    ],
    run: readHelloPacket,
    refuses: [],
  },
  {
    name: "exo 0.0.x's broadcast",
    samples: [
      json({
        ...{ type: "discovery", node_id: "node-a", grpc_port: 50_001, priority: 0 },
        device_capabilities: { model: "Mac", chip: "M3", memory: 65_536, flops: { fp32: 1, fp16: 2, int8: 4 } },
        ...{ interface_name: "en0", interface_type: "Ethernet" },
      }),
    ],
    run: readClassicBeacon,
    refuses: [],
  },
];
