import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, createServer } from "node:tls";
import {
  Client,
  credentials,
  type MethodDefinition,
  Server,
  ServerCredentials,
  type ServiceDefinition,
} from "@grpc/grpc-js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { loadOrCreateIdentity } from "../../../src/adapters/tls/identity.js";
import { spkiPin } from "../../../src/cluster/spki-pin.js";

let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-identity-"));
});
afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

describe("an identity", () => {
  test("is made once, readable by this user alone, and read back the same", async () => {
    const home = join(folder, "a", "b");
    const made = await loadOrCreateIdentity(home, "exoctl test");
    expect(await loadOrCreateIdentity(home, "another name")).toEqual(made);
    expect(await readdir(home)).toEqual(["identity.pem"]);
    expect((await stat(home)).mode & 0o777).toBe(0o700);
    expect((await stat(join(home, "identity.pem"))).mode & 0o777).toBe(0o600);
  });

  test("is a P-256 key with a certificate valid for 20 years that signs itself", async () => {
    const identity = await loadOrCreateIdentity(folder, "studio-1");
    const certificate = new X509Certificate(identity.certificatePem);
    expect(certificate.subject).toBe("CN=studio-1");
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    expect(certificate.verify(certificate.publicKey)).toBe(true);
    expect(certificate.ca).toBe(true);
    const years = (Date.parse(certificate.validTo) - Date.now()) / (365.25 * 24 * 3_600_000);
    expect(years).toBeGreaterThan(19.9);
    expect(years).toBeLessThan(20.1);
    expect(identity.pin).toMatch(/^[A-Za-z0-9_-]{43}$/);
    expect(spkiPin(identity.certificatePem)).toBe(identity.pin);
  });

  test("is one and the same for many that start at once", async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => loadOrCreateIdentity(folder, "many")));
    expect(new Set(all.map((identity) => identity.privateKeyPem)).size).toBe(1);
    expect(await readdir(folder)).toEqual(["identity.pem"]);
  });

  test("is refused, and left as it is, when others can read it or it is damaged", async () => {
    const file = join(folder, "identity.pem");
    const one = await loadOrCreateIdentity(folder, "one");
    await chmod(file, 0o644);
    await expect(loadOrCreateIdentity(folder, "one")).rejects.toMatchObject({ code: "identity_exposed" });
    await chmod(file, 0o600);
    const other = await loadOrCreateIdentity(join(folder, "other"), "other");
    for (const text of ["", "nonsense", one.certificatePem, other.privateKeyPem + one.certificatePem]) {
      await writeFile(file, text);
      await expect(loadOrCreateIdentity(folder, "one")).rejects.toMatchObject({ code: "identity_damaged" });
      expect(await readFile(file, "utf8")).toBe(text);
    }
  });
});

describe("two identities", () => {
  test("meet in node:tls, each trusting only the other's certificate", async () => {
    const [left, right] = await Promise.all(["l", "r"].map((name) => loadOrCreateIdentity(join(folder, name), name)));
    if (left === undefined || right === undefined) throw new Error("two were made");
    const server = createServer(
      {
        key: left.privateKeyPem,
        cert: left.certificatePem,
        ca: right.certificatePem,
        requestCert: true,
        minVersion: "TLSv1.3",
      },
      (socket) => socket.end(socket.authorized ? "welcome" : "no"),
    );
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const socket = connect({
      host: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      key: right.privateKeyPem,
      cert: right.certificatePem,
      ca: left.certificatePem,
      checkServerIdentity: (_host, peer) =>
        spkiPin(new X509Certificate(peer.raw)) === left.pin ? undefined : new Error("pin"),
    });
    const [answer] = await once(socket, "data");
    expect(String(answer)).toBe("welcome");
    expect(socket.authorized).toBe(true);
    socket.destroy();
    server.close();
  });

  test("meet in gRPC with mutual TLS, and a third one is not let in", async () => {
    const [left, right, third] = await Promise.all(
      ["l", "r", "t"].map((name) => loadOrCreateIdentity(join(folder, name), name)),
    );
    if (left === undefined || right === undefined || third === undefined) throw new Error("three were made");
    const text = { serialize: (value: string) => Buffer.from(value), deserialize: (bytes: Buffer) => bytes.toString() };
    const method: MethodDefinition<string, string> = {
      path: "/test.Echo/Say",
      requestStream: false,
      responseStream: false,
      requestSerialize: text.serialize,
      requestDeserialize: text.deserialize,
      responseSerialize: text.serialize,
      responseDeserialize: text.deserialize,
    };
    const service = { say: method } as ServiceDefinition;
    const server = new Server();
    server.addService(service, {
      say: (call: { request: string }, done: (error: null, value: string) => void) => done(null, `${call.request}!`),
    });
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync(
        "127.0.0.1:0",
        ServerCredentials.createSsl(
          Buffer.from(right.certificatePem),
          [{ private_key: Buffer.from(left.privateKeyPem), cert_chain: Buffer.from(left.certificatePem) }],
          true,
        ),
        (error, bound) => (error === null ? resolve(bound) : reject(error)),
      ),
    );
    const say = (identity: typeof right): Promise<string> => {
      const channel = credentials.createSsl(
        Buffer.from(left.certificatePem),
        Buffer.from(identity.privateKeyPem),
        Buffer.from(identity.certificatePem),
        {
          checkServerIdentity: (_host, peer) =>
            spkiPin(new X509Certificate(peer.raw)) === left.pin ? undefined : new Error("pin"),
        },
      );
      const client = new Client(`127.0.0.1:${port}`, channel, { "grpc.ssl_target_name_override": "exoctl" });
      return new Promise<string>((resolve, reject) =>
        client.makeUnaryRequest(
          method.path,
          text.serialize,
          text.deserialize,
          "hello",
          { deadline: Date.now() + 5_000 },
          (error, value) => {
            client.close();
            if (error === null) resolve(value ?? "");
            else reject(error);
          },
        ),
      );
    };
    expect(await say(right)).toBe("hello!");
    await expect(say(third)).rejects.toThrow();
    server.forceShutdown();
  });
});
