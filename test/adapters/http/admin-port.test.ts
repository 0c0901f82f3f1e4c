import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { adminRoutes } from "../../../src/adapters/http/admin-routes.js";
import type { Close } from "../../../src/runtime/close-all.js";
import { aKey, ask, openAdminPort } from "../../support/admin-house.js";
import { createManualClock } from "../../support/agent-manual-clock.js";
import { sendRaw } from "../../support/gateway-raw.js";

const open: Close[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

const admin = aKey(["admin"]);
const models = aKey(["models", "batch"]);
const revoked = aKey(["admin"], { id: "key_revoked", revokedAt: 5 });
const expired = aKey(["admin"], { id: "key_expired", expiresAt: 5 });
const keys = [admin, models, revoked, expired].map(({ kept }) => kept);
const bearer = (text: string) => ({ authorization: `Bearer ${text}` });
const status = "/api/v1/status";
const cordon = "/api/v1/nodes/cordon";
const cordonBody = JSON.stringify({ node: "studio-1", mode: "cordon" });
const json = { "content-type": "application/json" };

async function house(parts: Partial<Parameters<typeof openAdminPort>[0]> = {}) {
  const clock = createManualClock(Date.parse("2027-01-31T12:00:00Z"));
  const port = await openAdminPort({ clock, keys, ...parts });
  open.push(port.close);
  const call = (
    method: string,
    path: string,
    headers: Parameters<typeof ask>[3] = {},
    body?: string,
  ): ReturnType<typeof ask> => ask(port.url, method, path, headers, body);
  /** A browser that opened a link. */
  const browser = async () => {
    const answer = await call("GET", `/open?code=${port.codes.issue("anna").code}`);
    const cookie = `${answer.headers["set-cookie"]}`.split(";")[0] ?? "";
    return { cookie };
  };
  const codeOf = async (asked: ReturnType<typeof ask>) => {
    const answer = await asked;
    return `${answer.status} ${JSON.parse(answer.body).problem?.code ?? "ok"}`;
  };
  return { ...port, clock, call, browser, codeOf };
}

describe("who is let in", () => {
  test("an admin key is, and its calls are recorded as its own", async () => {
    const { call, audit } = await house();
    expect(await call("GET", status, bearer(admin.text))).toMatchObject({ status: 200 });
    expect(await call("GET", "/", { "x-api-key": admin.text })).toMatchObject({ status: 200 });
    await call("POST", cordon, { ...bearer(admin.text), ...json }, cordonBody);
    expect(audit.kept.changes).toMatchObject([
      { outcome: "begun" },
      { outcome: "ok", what: "nodes cordon", who: { via: "key", id: admin.kept.id, name: "admin" }, from: "127.0.0.1" },
    ]);
  });

  test.each([
    ["without credentials", {}, "401 no_credentials"],
    ["with a key that nobody made", bearer(aKey(["admin"]).text), "401 wrong_key"],
    ["with a key for models", bearer(models.text), "403 wrong_scope"],
    ["with a revoked key", bearer(revoked.text), "401 wrong_key"],
    ["with an expired key", bearer(expired.text), "401 wrong_key"],
    ["with a password", { authorization: "Basic YWRtaW46YWRtaW4=" }, "400 ambiguous_credentials"],
    ["with two keys", { ...bearer(admin.text), "x-api-key": models.text }, "400 ambiguous_credentials"],
    ["with a cookie of its own making", { cookie: "exoctl_session=x" }, "401 no_credentials"],
    ["with the key in the query", {}, "401 no_credentials", `${status}?key=${admin.text}`],
  ])("nobody is %s, and the attempt is recorded", async (_, headers, expected, path = status) => {
    const { call, codeOf, audit } = await house();
    expect(await codeOf(call("GET", path, headers as Record<string, string>))).toBe(expected);
    expect(audit.kept.attempts).toMatchObject([
      { what: "admin port", target: `GET ${status}`, outcome: "refused", code: expected.slice(4), from: "127.0.0.1" },
    ]);
    for (const { text } of [admin, models]) expect(JSON.stringify(audit.kept)).not.toContain(text);
  });

  test("no call, and nothing else, answers without credentials", async () => {
    const { call } = await house({ options: { findKey: () => undefined } });
    const paths = [...adminRoutes.map(({ method, path }) => [method, path] as const), ["GET", "/api/v1/openapi.json"]];
    for (const [method = "", path = ""] of [
      ...paths,
      ["GET", "/"],
      ["GET", "/nothing"],
      ["HEAD", "/"],
      ["OPTIONS", "/"],
    ])
      expect(await call(method, path), path).toMatchObject({
        status: expect.toSatisfy((code) => code === 401 || code === 429),
      });
  });

  test.each([
    "//api/v1/status",
    "/api/v1//status",
    "/api/v1/./status",
    "/open/../api/v1/status",
    "/open/%2e%2e/api/v1/status",
    "/open%2f..%2fapi/v1/status",
    "/API/V1/STATUS",
    "/api/v1/status/",
    "/api/v1/status;x=/open",
    "/api/v1/status?/open",
    "http://127.0.0.1/api/v1/status",
  ])("the path %s is no way around", async (path) => {
    const { port } = await house();
    const answer = await sendRaw(port, `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`);
    expect(answer).toMatchObject({ status: 401 });
  });

  test("after ten refusals in a minute more are only counted; a good key is let in all the same", async () => {
    const { call, codeOf, audit, clock } = await house();
    for (let count = 0; count < 13; count += 1) await call("GET", status, bearer(aKey(["admin"]).text));
    expect(audit.kept.attempts).toHaveLength(10);
    const limited = await call("GET", status);
    expect(limited).toMatchObject({ status: 429, headers: { "retry-after": "60" } });
    expect(await codeOf(call("GET", status, bearer(admin.text)))).toBe("200 ok");
    await clock.advance(60_000);
    expect(await codeOf(call("GET", status))).toBe("401 no_credentials");
    expect(audit.kept.attempts.at(-1)).toMatchObject({ unrecorded: 4 });
  });
});

describe("a browser", () => {
  test("is let in by its link, once, and is told to keep nothing and to pass nothing on", async () => {
    const { call, codeOf, codes, audit } = await house();
    const { code } = codes.issue("anna");
    const first = await call("GET", `/open?code=${code}`);
    expect(first).toMatchObject({
      status: 303,
      headers: {
        location: "/",
        "referrer-policy": "no-referrer",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
        "content-security-policy": expect.stringMatching(/default-src 'self';.*frame-ancestors 'none'/),
      },
    });
    const [cookie] = first.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/^exoctl_session_\d+=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/);
    const page = await call("GET", "/", { cookie: `${cookie}` });
    expect(JSON.parse(page.body)).toMatchObject({ cluster: expect.any(String) });
    expect(await codeOf(call("GET", `/open?code=${code}`))).toBe("403 link_used");
    expect(audit.kept.changes).toMatchObject([{ what: "session begin", who: { via: "session", user: "anna" } }]);
    for (const secret of [code, `${cookie}`.slice(20, 50)]) expect(JSON.stringify(audit.kept)).not.toContain(secret);
  });

  test.each(["/open", "/open?code=", "/open?code=guess", "/open?code=a&code=b", "/open?code[]=a"])(
    "gets nothing for %s",
    async (path) => {
      const { call, codeOf } = await house();
      expect(await codeOf(call("GET", path))).toBe("403 link_used");
    },
  );

  test("is not let in when that can't be recorded", async () => {
    const { call, codeOf, codes, sessions, audit } = await house();
    audit.state.failing = "always";
    expect(await codeOf(call("GET", `/open?code=${codes.issue("anna").code}`))).toBe("500 audit_not_written");
    expect(sessions.list()).toEqual([]);
  });

  test("changes things from its own page", async () => {
    const { call, codeOf, browser, url } = await house();
    const own = { ...(await browser()), ...json, origin: url, "x-exoctl-csrf": "1" };
    expect(await codeOf(call("POST", cordon, own, cordonBody))).toBe("200 ok");
  });

  test.each<[string, Readonly<Record<string, string>>, string, string?]>([
    ["another site's page", { origin: "https://evil.example" }, "403 origin_not_allowed"],
    ["a page of another port here", { origin: "http://127.0.0.1:9999" }, "403 origin_not_allowed"],
    ["a sandboxed frame", { origin: "null" }, "403 origin_not_allowed"],
    ["something that hides its origin", { origin: "" }, "403 origin_not_allowed"],
    ["a request without an origin", { origin: "none" }, "403 csrf"],
    ["a request without the header that only scripts can set", { "x-exoctl-csrf": "" }, "403 csrf"],
    ["a form", { "content-type": "application/x-www-form-urlencoded" }, "415 not_json", "node=studio-1&mode=cordon"],
    ["a form that says it is text", { "content-type": "text/plain" }, "415 not_json"],
    ["a form in parts", { "content-type": "multipart/form-data; boundary=application/json" }, "415 not_json"],
  ])("does not change anything for %s", async (_, change, expected, body = cordonBody) => {
    const { call, codeOf, browser, url, audit } = await house();
    const { origin = url, ...rest } = { origin: url, ...change };
    const headers = {
      ...{ ...(await browser()), ...json, "x-exoctl-csrf": "1", ...rest },
      ...(origin === "none" ? {} : { origin }),
    };
    expect(await codeOf(call("POST", cordon, headers, body))).toBe(expected);
    expect(audit.kept.changes.map(({ what }) => what)).toEqual(["session begin"]);
  });

  test("is out when its session was ended, or was not used for half a day", async () => {
    const { call, codeOf, browser, sessions, clock } = await house();
    const one = await browser();
    const two = await browser();
    expect(await codeOf(call("GET", status, one))).toBe("200 ok");
    sessions.end(sessions.list()[1]?.id ?? "");
    const codes = [await codeOf(call("GET", status, one)), await codeOf(call("GET", status, two))];
    expect(codes.toSorted()).toEqual(["200 ok", "401 session_ended"]);
    await clock.advance(12 * 3_600_000);
    expect(await codeOf(call("GET", status, one))).toBe("401 session_ended");
  });

  test("with a second cookie of the same name, planted by another port, is not let in by either", async () => {
    const { call, codeOf, browser } = await house();
    const { cookie } = await browser();
    const planted = `${cookie.split("=")[0]}=planted; ${cookie}`;
    expect(await codeOf(call("GET", status, { cookie: planted }))).toBe("400 ambiguous_credentials");
  });
});

describe("names", () => {
  test.each([
    ["evil.example", "403 host_not_allowed"],
    ["127.0.0.1.evil.example", "403 host_not_allowed"],
    ["localhost.evil.example:8416", "403 host_not_allowed"],
    ["user@localhost", "403 host_not_allowed"],
    ["localhost", "200 ok"],
    ["[::1]:8416", "200 ok"],
    ["studio.lan", "200 ok"],
    ["STUDIO.lan:8416", "200 ok"],
    ["admin.studio.lan", "200 ok"],
    ["evil.lan", "403 host_not_allowed"],
    // An address can't be made to point elsewhere.
    ["10.0.0.5:8416", "200 ok"],
  ])("a page whose own name %s points here: %s", async (host, expected) => {
    const { call, codeOf } = await house({ options: { hosts: ["studio.lan", "*.studio.lan"] } });
    expect(await codeOf(call("GET", status, { ...bearer(admin.text), host }))).toBe(expected);
  });

  test("two Host headers, or none, are no name", async () => {
    const { port } = await house();
    const two = `GET ${status} HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n\r\n`;
    expect(await sendRaw(port, two)).toMatchObject({ status: expect.toSatisfy((code) => code >= 400) });
    expect(await sendRaw(port, `GET ${status} HTTP/1.1\r\n\r\n`)).toMatchObject({ status: 400 });
  });
});

describe("limits", () => {
  test("a body that is too long is refused, with a key and without", async () => {
    const { call } = await house();
    const body = JSON.stringify({ clusterYaml: "x".repeat(1024 * 1024), mode: "dry-run" });
    const asked = await call("POST", "/api/v1/apply", { ...bearer(admin.text), ...json }, body);
    expect(asked.status).toBe(400);
    const { port } = await house();
    const head = `POST /api/v1/apply HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n{`;
    expect(await sendRaw(port, head)).toMatchObject({ status: 401, headers: { connection: "close" } });
  });

  test("whoever sends slowly is hung up on, head and body", async () => {
    const { port } = await house({ options: { deadlines: { headMs: 200, requestMs: 200 } } });
    const unfinished = [
      "GET / HTTP/1.1\r\nHost: local",
      `POST ${cordon} HTTP/1.1\r\nHost: localhost\r\n${"authorization"}: Bearer ${admin.text}\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n{`,
    ];
    for (const text of unfinished) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => undefined);
      socket.resume();
      socket.write(text);
      await once(socket, "close");
    }
  });

  test("a smuggled second request is answered as one of its own, or not at all", async () => {
    const { port, audit } = await house();
    const inner = `POST ${cordon} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const both = `POST ${cordon} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${admin.text}\r\nContent-Type: application/json\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${inner}`;
    expect(await sendRaw(port, both)).toMatchObject({ status: 400 });
    expect(audit.kept.changes).toEqual([]);
  });
});
