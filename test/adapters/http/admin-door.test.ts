import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { afterEach, expect, test } from "vitest";
import { openAdminClient } from "../../../src/adapters/http/admin-client.js";
import { remoteDoor } from "../../../src/adapters/http/admin-door.js";
import { systemClock } from "../../../src/adapters/system/system-clock.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { aKey, anAdminApi, openAdminPort } from "../../support/admin-house.js";
import { makeCertificate } from "../../support/tls-certificates.js";

const open: Close[] = [];
afterEach(async () => {
  for (const close of open.splice(0).toReversed()) await close();
});

const admin = aKey(["admin"]);
const { signal } = new AbortController();

async function house(parts: Partial<Parameters<typeof openAdminPort>[0]> = {}) {
  const port = await openAdminPort({ clock: systemClock, keys: [admin.kept], ...parts });
  open.push(port.close);
  return port;
}

const clientOf = (url: string, key = admin.text, ca?: string) =>
  openAdminClient(remoteDoor({ url: new URL(url), key, ...(ca === undefined ? {} : { ca }) }));

test("every call is the same over TCP as over the socket, and streams as well", async () => {
  const { url } = await house({
    api: {
      apply: async (wanted, report) => {
        report({ kind: "info", text: `for ${wanted.by}` });
        return { generation: 9, changed: false, steps: [] };
      },
    },
  });
  const client = clientOf(url);
  expect(await client.info()).toEqual(anAdminApi().info());
  expect(await client.cordonNode({ node: "a", mode: "cordon" })).toEqual({ node: "cordon a", outcome: "changed" });
  const told: unknown[] = [];
  expect(await client.apply({ mode: "apply" }, (line) => told.push(line), signal)).toMatchObject({ generation: 9 });
  expect(told).toEqual([{ kind: "info", text: "for key admin" }]);
  expect(await client.readAudit({ limit: 5, what: "cordon" })).toMatchObject([{ outcome: "ok", who: { via: "key" } }]);
});

test("a wrong key and a controller that is not there are told in words", async () => {
  const { url } = await house();
  await expect(clientOf(url, "exoctl_wrong").info()).rejects.toMatchObject({ kind: "failed", code: "wrong_key" });
  const gone: Server = createServer().listen(0, "127.0.0.1");
  await once(gone, "listening");
  const { port } = gone.address() as { readonly port: number };
  gone.close();
  await once(gone, "close");
  await expect(clientOf(`http://127.0.0.1:${port}`).info()).rejects.toMatchObject({
    kind: "unreachable",
    code: "no_controller",
    message: expect.stringContaining(`127.0.0.1:${port}`),
  });
});

test("over TLS: by its authority alone, with a cookie for TLS alone, and with another certificate when it is renewed", async () => {
  const first = await makeCertificate({ commonName: "first", dnsNames: ["localhost"] });
  const next = await makeCertificate({ commonName: "next", dnsNames: ["localhost"] });
  const port = await house({ options: { tls: first } });
  const url = `https://localhost:${port.port}`;
  expect(await clientOf(url, admin.text, first.certificatePem).info()).toMatchObject({ cluster: "studio" });
  await expect(clientOf(url).info()).rejects.toMatchObject({
    kind: "unreachable",
    hint: expect.stringContaining("--controller-ca"),
  });
  const { code } = port.codes.issue("anna");
  const { Agent, request } = await import("undici");
  const dispatcher = new Agent({ connect: { ca: first.certificatePem } });
  open.push(() => dispatcher.destroy());
  const opened = await request(`${url}/open?code=${code}`, { dispatcher });
  expect(opened.headers["set-cookie"]).toMatch(
    /^__Host-exoctl_session_\d+=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
  );
  port.renew(next);
  expect(await clientOf(url, admin.text, next.certificatePem).info()).toMatchObject({ cluster: "studio" });
  await expect(clientOf(url, admin.text, first.certificatePem).info()).rejects.toMatchObject({ kind: "unreachable" });
});

test("without TLS it is opened on this machine only", async () => {
  for (const host of ["0.0.0.0", "::", "studio.lan"])
    await expect(house({ options: { listen: { host, port: 0, whenInUse: "fail" } } })).rejects.toMatchObject({
      code: "admin_exposed",
    });
});

test("a port in use is a problem when it was asked for, and else another one is taken", async () => {
  const { port } = await house();
  const listen = { host: "127.0.0.1", port };
  await expect(house({ options: { listen: { ...listen, whenInUse: "fail" } } })).rejects.toMatchObject({
    code: "port_in_use",
    message: expect.stringContaining(String(port)),
  });
  const other = await house({ options: { listen: { ...listen, whenInUse: "take-another" } } });
  expect(other.port).not.toBe(port);
  expect(await clientOf(other.url).info()).toMatchObject({ cluster: "studio" });
});
