import { once } from "node:events";
import { type RequestOptions, request } from "node:https";
import { connect as connectTcp } from "node:net";
import { text as readText } from "node:stream/consumers";
import tls, { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { type DoorSettings, defaultDoor } from "../../src/gateway/door/door-settings.js";
import { aModel, createLogKeeper, type GatewayHouse, openHouse, realClock } from "../support/gateway-house.js";
import { type KeyHouse, openKeyHouse } from "../support/gateway-keys.js";
import { makeCertificate, type TestCertificate } from "../support/tls-certificates.js";
import { exoAnswer, exoChunk, exoDone } from "../support/upstream-chunks.js";
import { type FakeExo, openFakeExo, saying, sseHead } from "../support/upstream-fake-exo.js";

let server: TestCertificate;
let renewed: TestCertificate;
let client: TestCertificate;
let stranger: TestCertificate;
beforeAll(async () => {
  // As in a controller: what is exoctl's own speaks nothing older.
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  server = await makeCertificate({ commonName: "ai.example.com", dnsNames: ["ai.example.com"] });
  renewed = await makeCertificate({
    commonName: "ai.example.com, renewed",
    dnsNames: ["ai.example.com", "new.example.com"],
  });
  client = await makeCertificate({ commonName: "billing robot" });
  stranger = await makeCertificate({ commonName: "billing robot" });
});

let exo: FakeExo;
let keys: KeyHouse;
let house: GatewayHouse;
let log: readonly string[] = [];

async function open(change: { readonly clientCa?: TestCertificate; readonly headersMs?: number } = {}): Promise<void> {
  const logger = createLogKeeper();
  log = logger.lines;
  keys = openKeyHouse(realClock, logger);
  const { clientCa, headersMs } = change;
  const material = { ...server, ...(clientCa === undefined ? {} : { clientCaPem: clientCa.certificatePem }) };
  const door: DoorSettings = { ...defaultDoor, keys: "required", tls: material };
  const limits = headersMs === undefined ? {} : { headersMs };
  house = await openHouse([aModel([exo.target()])], { door, keys: keys.access, logger, limits });
}

beforeEach(async () => {
  exo = await openFakeExo(saying(exoAnswer({ content: ["36"] })));
});
afterEach(async () => {
  await house.close();
  await keys.access.close();
  await exo.close();
});

const asClient = ({ certificatePem: cert, privateKeyPem: key }: TestCertificate): ConnectionOptions => ({ cert, key });

/** Asks as a client would that trusts the server's certificate and knows it by its name. */
async function ask(options: RequestOptions & ConnectionOptions = {}, stream = false) {
  const sent = request({
    ...{ host: "127.0.0.1", port: house.port, path: "/v1/chat/completions", method: "POST", agent: false },
    ...{ servername: "ai.example.com", ca: [server.certificatePem, renewed.certificatePem], ...options },
    headers: { host: "ai.example.com", "content-type": "application/json", ...options.headers },
  });
  sent.end(JSON.stringify({ model: "think", stream, messages: [{ role: "user", content: "hi" }] }));
  const [response] = await once(sent, "response");
  const { socket } = response as { socket: TLSSocket };
  return { response, version: socket.getProtocol(), shown: socket.getPeerX509Certificate()?.toString() };
}
const withKey = () => ({ headers: { authorization: `Bearer ${keys.make().text}` } });

test("TLS 1.3 is spoken, 1.2 with clients that know no newer one, and nothing older", async () => {
  await open();
  const first = await ask(withKey());
  expect([first.version, first.response.statusCode]).toEqual(["TLSv1.3", 200]);
  const second = await ask({ ...withKey(), minVersion: "TLSv1.2", maxVersion: "TLSv1.2" });
  expect([second.version, second.response.statusCode]).toEqual(["TLSv1.2", 200]);
  for (const version of ["TLSv1", "TLSv1.1"] as const) {
    const old = { minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" };
    // The alert is the server's.
    await expect(ask({ ...withKey(), ...old })).rejects.toThrow(/alert protocol version/);
  }
  expect((await ask()).response.statusCode).toBe(401);
});

test("who speaks no TLS is told nothing, and the gateway goes on", async () => {
  await open();
  const socket = connectTcp(house.port, "127.0.0.1");
  socket.write("POST /v1/chat/completions HTTP/1.1\r\nHost: ai.example.com\r\n\r\n");
  let told = "";
  socket.on("data", (bytes) => {
    told += bytes.toString("latin1");
  });
  socket.on("error", () => {}); // reset
  await once(socket, "close");
  expect(told).not.toContain("HTTP/");
  expect((await ask(withKey())).response.statusCode).toBe(200);
});

test("with an authority of clients nobody else gets in, and its clients still need a key", async () => {
  await open({ clientCa: client });
  for (const bad of [{}, asClient(stranger), asClient(server)])
    for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const)
      await expect(ask({ ...withKey(), ...bad, minVersion: "TLSv1.2", maxVersion })).rejects.toThrow();
  expect(exo.requests).toEqual([]);
  expect((await ask(asClient(client))).response.statusCode).toBe(401);
  expect((await ask({ ...withKey(), ...asClient(client) })).response.statusCode).toBe(200);
  const lines = log.map((line) => JSON.parse(line)).filter(({ message }) => message === "request");
  expect(lines.map(({ certificate }) => certificate)).toEqual(["CN=billing robot", "CN=billing robot"]);
});

test("a renewed certificate is shown to the next client, with its names; a stream that is open goes on", async () => {
  await open();
  let finish = (): void => {};
  exo.behave((response) => {
    response.writeHead(200, sseHead);
    response.write(exoChunk({ content: "Thirty" }));
    finish = () => void response.end(exoChunk({ content: "-six", finishReason: "stop" }) + exoDone);
  });
  const streamed = await ask(withKey(), true);
  expect(streamed.shown).toBe(server.certificatePem);
  const atNewName = { headers: { ...withKey().headers, host: "new.example.com" } };
  expect((await ask(atNewName)).response.statusCode).toBe(403);
  house.useCertificate(renewed);
  exo.behave(saying(exoAnswer({ content: ["36"] })));
  const next = await ask(atNewName);
  expect([next.shown, next.response.statusCode]).toEqual([renewed.certificatePem, 200]);
  await expect(ask({ ...withKey(), minVersion: "TLSv1.1", maxVersion: "TLSv1.1" })).rejects.toThrow();
  finish();
  expect(await readText(streamed.response)).toContain("[DONE]");
});

test("a slow sender of headers is cut off under TLS as well, and holds nobody up", async () => {
  await open({ headersMs: 300 });
  const slow = connect({
    host: "127.0.0.1",
    port: house.port,
    servername: "ai.example.com",
    ca: server.certificatePem,
  });
  await once(slow, "secureConnect");
  slow.write("POST /v1/chat/completions HTTP/1.1\r\nHost: ai.example.com\r\n");
  const drip = setInterval(() => slow.write("X-A: b\r\n"), 50);
  slow.on("error", () => {}); // reset while it drips
  expect((await ask(withKey())).response.statusCode).toBe(200);
  const told = await readText(slow).catch(() => ""); // reset
  clearInterval(drip);
  expect(told === "" || told.startsWith("HTTP/1.1 408")).toBe(true);
  slow.destroy();
});
