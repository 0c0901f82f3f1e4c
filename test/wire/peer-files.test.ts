import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { buffer } from "node:stream/consumers";
import { connect, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifestDigest } from "../../src/models/sync/manifest.js";
import { anIdentity, type TestIdentity } from "../support/agent-identities.js";
import { openSyncNode, type SyncNode, writeRandomModel } from "../support/sync-house.js";

const mib = 2 ** 20;
let seed: SyncNode;
let reader: TestIdentity;
let stranger: TestIdentity;
let model: string;

beforeAll(async () => {
  seed = await openSyncNode("seed");
  [reader, stranger] = await Promise.all([anIdentity("reader"), anIdentity("stranger")]);
  await writeRandomModel(seed.models, [2 * mib]);
  const manifest = await seed.manifest();
  await seed.share(manifest, [reader]);
  model = `/v1/models/${manifestDigest(manifest)}`;
});

afterAll(() => seed.close());

async function dial(who: TestIdentity | "nobody", minVersion: "TLSv1.3" | "TLSv1.2" = "TLSv1.3"): Promise<TLSSocket> {
  const own = who === "nobody" ? {} : { key: who.privateKeyPem, cert: who.certificatePem };
  const version = minVersion === "TLSv1.2" ? { maxVersion: minVersion } : {};
  const socket = connect({
    ...own,
    ...version,
    minVersion,
    port: seed.port,
    host: "127.0.0.1",
    rejectUnauthorized: false,
  });
  await once(socket, "secureConnect");
  return socket;
}

/** Asks as any program might. Resolves with `closed` when the connection ends without an answer. */
async function ask(
  path: string,
  headers: Readonly<Record<string, string>> = {},
  who: TestIdentity | "nobody" = reader,
  method = "GET",
): Promise<{ readonly status: number | "closed"; readonly body: Buffer }> {
  const socket = await dial(who);
  try {
    const sent = request({
      createConnection: () => socket,
      method,
      path,
      headers: { host: "exoctl-agent", ...headers },
    });
    sent.end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    return { status: answer.statusCode ?? 0, body: await buffer(answer) };
  } catch {
    return { status: "closed", body: Buffer.alloc(0) };
  } finally {
    socket.destroy();
  }
}

test("a named reader gets ranges of files and the state, byte for byte", async () => {
  const file = await ask(`${model}/files/1`, { range: `bytes=1-${mib}` });
  expect([file.status, file.body.length]).toEqual([206, mib]);
  const state = await ask(`${model}/state`);
  expect([state.status, [...state.body]]).toEqual([200, [0b1111, 0, 0b0110]]);
});

test("what was sent to somebody is only sent again to those who insist", async () => {
  const whole = { range: `bytes=0-${mib - 1}` };
  expect((await ask(`${model}/files/1`, whole)).status).toBe(206);
  expect((await ask(`${model}/files/1`, { ...whole, "exoctl-when": "unserved" })).status).toBe(409);
  expect((await ask(`${model}/files/1`, { ...whole, "exoctl-when": "always" })).status).toBe(206);
});

test.each<[string, string, Readonly<Record<string, string>>, number]>([
  ["a range beyond the end", "/files/1", { range: `bytes=0-${2 * mib}` }, 416],
  ["a range that begins beyond the end", "/files/1", { range: `bytes=${3 * mib}-${4 * mib}` }, 416],
  ["a range that ends before it begins", "/files/1", { range: "bytes=9-3" }, 416],
  ["a number beyond the files", "/files/99", { range: "bytes=0-1" }, 416],
  ["no range", "/files/1", {}, 400],
  ["several ranges", "/files/1", { range: "bytes=0-1,3-4" }, 400],
  ["an open range", "/files/1", { range: "bytes=5-" }, 400],
  ["a name", "/files/config.json", { range: "bytes=0-1" }, 400],
  ["a path upwards", "/files/../../../etc/passwd", { range: "bytes=0-1" }, 400],
  ["an encoded path", "/files/%2e%2e%2fpasswd", { range: "bytes=0-1" }, 400],
  ["a negative number", "/files/-1", { range: "bytes=0-1" }, 400],
  ["a page of a browser", "/state", { origin: "http://evil.example" }, 400],
  ["another host", "/state", { host: "evil.example" }, 400],
  ["an unknown wish", "/files/1", { range: "bytes=0-1", "exoctl-when": "now" }, 400],
])("%s is refused", async (_name, path, headers, status) => {
  const answer = await ask(`${model}${path}`, headers);
  expect([answer.status, answer.body.length]).toEqual([status, 0]);
});

test("another method or another model is refused", async () => {
  expect((await ask(`${model}/state`, {}, reader, "POST")).status).toBe(400);
  expect((await ask(`/v1/models/${"0".repeat(64)}/state`)).status).toBe(404);
});

test("strangers and those without a key are cut off before they are answered", async () => {
  expect((await ask(`${model}/state`, {}, stranger)).status).toBe("closed");
  expect((await ask(`${model}/state`, {}, "nobody")).status).toBe("closed");
});

test("nobody gets in with TLS 1.2", async () => {
  await expect(dial(reader, "TLSv1.2")).rejects.toThrow();
});
