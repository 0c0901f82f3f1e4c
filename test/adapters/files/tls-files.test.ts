import { createPrivateKey } from "node:crypto";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readTlsFiles } from "../../../src/adapters/files/tls-files.js";
import { makeCertificate, type TestCertificate } from "../../support/tls-certificates.js";

const now = Date.parse("2026-06-01T12:00:00Z");
const dayMs = 86_400_000;
let folder = "";
const at = (name: string): string => join(folder, name);

async function put(name: string, text: string, mode = 0o600): Promise<string> {
  await writeFile(at(name), text);
  await chmod(at(name), mode);
  return at(name);
}

let good: TestCertificate;
let files: { certificate: string; key: string };
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-tls-"));
  good = await makeCertificate({ commonName: "a", notBefore: now - dayMs, notAfter: now + dayMs });
  files = {
    certificate: await put("good.pem", good.certificatePem, 0o644),
    key: await put("good.key", good.privateKeyPem),
  };
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("what fits together is read as it stands, with the authority of clients where one is named", async () => {
  expect(await readTlsFiles(files, now)).toEqual(good);
  expect(await readTlsFiles({ ...files, clientCa: files.certificate }, now)).toEqual({
    ...good,
    clientCaPem: good.certificatePem,
  });
});

describe("what is no good is told by file, with what to do, and no byte of a key", () => {
  const refusals: readonly (readonly [string, () => Promise<Partial<typeof files> & { clientCa?: string }>, string])[] =
    [
      ["no certificate", async () => ({ certificate: at("nowhere.pem") }), "tls_file_missing"],
      ["no key", async () => ({ key: at("nowhere.key") }), "tls_file_missing"],
      ["no authority", async () => ({ clientCa: at("nowhere.pem") }), "tls_file_missing"],
      ["a folder", async () => ({ certificate: folder }), "tls_file_unreadable"],
      [
        "a key for all to read",
        async () => ({ key: await put("open.key", good.privateKeyPem, 0o644) }),
        "tls_key_exposed",
      ],
      [
        "another key",
        async () => {
          const other = await makeCertificate({ commonName: "b" });
          return { key: await put("other.key", other.privateKeyPem) };
        },
        "tls_key_mismatch",
      ],
      ["the two swapped", async () => ({ certificate: files.key }), "tls_not_a_certificate"],
      ["no key in the key's file", async () => ({ key: await put("no.key", "secret but no key") }), "tls_not_a_key"],
      [
        "a locked key",
        async () => {
          const lock = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const;
          return { key: await put("locked.key", createPrivateKey(good.privateKeyPem).export(lock).toString()) };
        },
        "tls_not_a_key",
      ],
      ["an authority that is none", async () => ({ clientCa: files.key }), "tls_not_a_certificate"],
      [
        "an expired one",
        async () => {
          const old = await makeCertificate({ commonName: "c", notBefore: now - 9 * dayMs, notAfter: now - 1_000 });
          return {
            certificate: await put("old.pem", old.certificatePem),
            key: await put("old.key", old.privateKeyPem),
          };
        },
        "tls_expired",
      ],
      [
        "one of tomorrow",
        async () => {
          const early = await makeCertificate({ commonName: "d", notBefore: now + dayMs, notAfter: now + 9 * dayMs });
          return {
            certificate: await put("early.pem", early.certificatePem),
            key: await put("early.key", early.privateKeyPem),
          };
        },
        "tls_not_yet_valid",
      ],
    ];
  test.each(refusals)("%s", async (_, change, code) => {
    const error = await readTlsFiles({ ...files, ...(await change()) }, now).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ name: "Problem", kind: "usage", code, hint: expect.any(String) });
    const { message, hint } = error as { message: string; hint: string };
    expect(message).toContain(folder);
    expect(message + hint).not.toMatch(/secret but|MIG|MHc/);
    if (code === "tls_key_exposed") expect(hint).toBe(`Run: chmod o= "${at("open.key")}"`);
  });

  test("a group may read the key, as Debian's ssl-cert does", async () => {
    const key = await put("group.key", good.privateKeyPem, 0o640);
    expect(await readTlsFiles({ ...files, key }, now)).toEqual(good);
  });
});
