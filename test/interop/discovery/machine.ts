import { createSocket } from "node:dgram";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { networkInterfaces } from "node:os";
import { namespaceHash } from "../../../src/discover/exo/namespace-hash.js";
import { openHelloExo } from "../../support/discovery-hello-exo.js";
import { openLibp2pProgram } from "../../support/discovery-libp2p.js";

/*
 * One machine of `scripts/check-discovery`: `machine.ts ROLE ADDRESS`. It answers as that exo does on the network, and as much of
 * its HTTP API as discovery reads. Runs until it is killed.
 */

const [role = "", address = ""] = process.argv.slice(2);
const peerId = "12D3KooWSXCFdc4t7TToznrSG1VypDJStc1hyEPpE8nLuoWnAVP3";
const ids = { zenoh: "5f2c9ae1d07b4c6688b1f0e2a3d4c5b6", "zenoh-secret": "a81d3e77c2904f5bb6d2e9f011223344" } as const;
const openapi = (release: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/exo/${release}/openapi.json`, import.meta.url), "utf8"));

function serve(answers: Readonly<Record<string, unknown>>): void {
  createServer((request, answer) => {
    const value = answers[request.url ?? ""];
    answer.writeHead(value === undefined ? 404 : 200, { "content-type": "application/json" });
    answer.end(JSON.stringify(value ?? { detail: "Not Found" }));
  }).listen(52_415, "0.0.0.0");
}

function serveModern(nodeId: string, name: string, api: unknown): void {
  const ips = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map((item) => item.address));
  serve({
    "/node_id": nodeId,
    "/openapi.json": api,
    "/state/topology": { nodes: [nodeId], connections: {} },
    "/state/nodeNetwork": { [nodeId]: { interfaces: ips.map((ipAddress) => ({ name: "eth0", ipAddress })) } },
    "/state/nodeIdentities": { [nodeId]: { friendlyName: name } },
  });
}

/** A card with `backends` is what tells exo after 1.0.71. */
function newestApi(): unknown {
  const api = openapi("1.0.71") as { components: { schemas: Record<string, { properties: Record<string, unknown> }> } };
  for (const name of ["ModelCard", "ModelCard-Input"])
    Object.assign(api.components.schemas[name]?.properties ?? {}, { backends: {} });
  return api;
}

async function speakZenoh(namespace: string, nodeId: string): Promise<void> {
  const exo = await openHelloExo({
    link: { interfaceName: "eth0", group: "ff12::e0a1:de89" },
    port: 52_413,
    hearPort: 52_413,
    namespaceHash: namespaceHash(namespace),
    nodeId,
    zenohPort: 52_414,
  });
  setInterval(() => {
    exo.announce();
    // Nobody else speaks this namespace here: whoever answers wants to join.
    if (exo.joined() > 0) process.exit(1);
  }, 1_000);
}

function broadcast(): void {
  const beacon = JSON.stringify({
    type: "discovery",
    node_id: "old-studio",
    grpc_port: 51_316,
    device_capabilities: {
      model: "Mac Studio",
      chip: "Apple M2 Ultra",
      memory: 98_304,
      flops: { fp32: 1, fp16: 2, int8: 4 },
    },
    priority: 4,
    interface_name: "eth0",
    interface_type: "Ethernet",
  });
  const socket = createSocket("udp4");
  socket.bind(0, address, () => socket.setBroadcast(true));
  setInterval(() => socket.send(beacon, 5_678, "10.77.0.255"), 2_500);
}

switch (role) {
  case "libp2p":
    serveModern(peerId, "studio-libp2p", openapi("1.0.71"));
    await openLibp2pProgram({ mdnsPort: 5_353, address, peerId, addresses: [`/ip4/${address}/tcp/49321`] });
    break;
  case "zenoh":
    serveModern(ids.zenoh, "studio-zenoh", newestApi());
    await speakZenoh("0.3.70", ids.zenoh);
    break;
  case "zenoh-secret":
    serveModern(ids["zenoh-secret"], "studio-secret", newestApi());
    await speakZenoh("attic", ids["zenoh-secret"]);
    break;
  default:
    serve({
      "/healthcheck": { status: "ok" },
      "/v1/topology": {
        nodes: { "old-studio": { model: "Mac Studio", chip: "Apple M2 Ultra", memory: 98_304, flops: {} } },
        peer_graph: {},
        active_node_id: null,
      },
    });
    broadcast();
}
