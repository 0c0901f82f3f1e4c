import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import OpenAI from "openai";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAdminClient } from "../../src/adapters/http/admin-client.js";
import { socketDoor } from "../../src/adapters/http/admin-door.js";
import { socketName } from "../../src/processes/state-names.js";
import { ask } from "../support/admin-house.js";
import { answersOf, filesOf, processesOf, secretsFound } from "../support/places-of-secrets.js";
import { type CliRun, createCliSandbox, runCli, startCli } from "../support/run-cli.js";

const longMs = 120_000;
const anyPort = ["--listen", "127.0.0.1:0"];

/** The controller whose state is in a folder, without the time that a command takes to start. */
const controllerIn = (folder: string) => openAdminClient(socketDoor(join(folder, socketName), "anna"));

/** The model needs both. */
const oneWithoutWeights = JSON.stringify({
  macs: ["complete", "none"].map((weights, at) => ({
    ...{ name: `studio-${at + 1}`, chip: "M2 Max", memoryGb: 64 },
    weights,
  })),
  ...{ timeScale: 0.02, tokenScale: 0 },
});

describe("up --simulate --once", () => {
  test(
    "does the whole job, copies weights to the Mac that lacks them, says as JSON which layers run where, and leaves nothing behind",
    async () => {
      const sandbox = createCliSandbox();
      try {
        const macs = join(sandbox.temp, "macs.yaml");
        writeFileSync(macs, oneWithoutWeights);
        const flags = ["--simulate", macs, "--once", "-o", "json", ...anyPort];
        const { code, stdout, stderr } = await runCli(sandbox, ["up", ...flags]);
        expect(stderr).toMatch(/copy the weights to studio-2 from the nodes that have them: .* copied and verified/);
        expect(stderr).not.toContain("download the weights");
        expect(code).toBe(0);
        const { model, answer } = JSON.parse(stdout);
        expect(answer.text).toMatch(/^\[simulated\] /);
        expect(model.instance).toMatch(/^exoctl-[a-z2-7]{8}-gpt-oss-120b-g1-[0-9a-f]{6}$/);
        let next = 0;
        for (const [rank, stage] of model.stages.entries()) {
          expect(stage.rank).toBe(rank);
          expect(stage.startLayer).toBe(next);
          const needed = stage.weightBytes + stage.kvBytes + stage.fixedBytes + stage.reserveBytes;
          expect(needed).toBeLessThanOrEqual(stage.budgetBytes);
          next = stage.endLayer;
        }
        expect(next).toBe(36);
        expect(sandbox.processes()).toEqual([]);
        rmSync(macs);
        expect(sandbox.leftovers()).toEqual([]);
      } finally {
        sandbox.remove();
      }
    },
    longMs,
  );
});

describe("a simulated cluster that stays up", () => {
  const sandbox = createCliSandbox();
  let up: CliRun;
  let gateway: string;
  let log = "";

  beforeAll(async () => {
    up = startCli(sandbox, ["up", "--simulate", "-o", "json", "--log-level", "debug", ...anyPort]);
    up.child.stderr.on("data", (text: string) => {
      log += text;
    });
    await up.line((line) => line.trim() === "}");
    const started = await runCli(sandbox, ["env", "-o", "json"]);
    gateway = JSON.parse(started.stdout).env.OPENAI_BASE_URL;
  }, longMs);

  afterAll(async () => {
    up.child.kill("SIGKILL");
    await up.done;
    sandbox.remove();
  });

  test("serves the openai client, streaming and not", async () => {
    const client = new OpenAI({ baseURL: gateway, apiKey: "none" });
    const messages = [{ role: "user" as const, content: "What is 2+2?" }];
    const whole = await client.chat.completions.create({ model: "gpt-oss-120b", messages });
    expect(whole.choices[0]?.message.content).toMatch(/^\[simulated\] .*4/s);
    expect(whole).toMatchObject({ model: "gpt-oss-120b", system_fingerprint: "exoctl-simulated" });
    let streamed = "";
    for await (const chunk of await client.chat.completions.create({ model: "gpt-oss-120b", messages, stream: true }))
      streamed += chunk.choices[0]?.delta.content ?? "";
    expect(streamed).toBe(whole.choices[0]?.message.content);
    const models = await client.models.list();
    expect(models.data.map((model) => model.id)).toContain("gpt-oss-120b");
  });

  test("shows its state: nodes, layers, and that it is simulated", async () => {
    const { code, stdout } = await runCli(sandbox, ["status", "-o", "json"]);
    expect(code).toBe(0);
    const status = JSON.parse(stdout);
    expect(status).toMatchObject({ simulated: true, generation: 1, problems: [] });
    expect(status.nodes.map((node: { name: string; state: string }) => [node.name, node.state])).toEqual([
      ["studio-1", "ready"],
      ["studio-2", "ready"],
      ["studio-3", "ready"],
    ]);
    expect(status.models[0]).toMatchObject({ name: "gpt-oss-120b", state: "ready" });
    expect((await runCli(sandbox, ["status"])).stdout).toContain("36 layers");
  });

  test("has written our entry into every node's registry, once", async () => {
    const folder = readFileSync(`${sandbox.home}/simulation`, "utf8").trim();
    for (const name of ["studio-1", "studio-2", "studio-3"]) {
      const card = readFileSync(
        `${folder}/macs/${name}/exo/custom_model_cards/exoctl/exoctl--gpt-oss-120b-MXFP4-Q8.exoctl.toml`,
        "utf8",
      );
      expect(card).toContain('model_id = "exoctl/gpt-oss-120b-MXFP4-Q8"');
      expect(card).toContain("in_bytes = 63254703744");
    }
  });

  test("applied again, it changes nothing and says so", async () => {
    const before = await runCli(sandbox, ["status", "-o", "json"]);
    const { code, stdout } = await runCli(sandbox, ["apply", "-o", "json"]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ generation: 1, changed: false, steps: [] });
    const after = await runCli(sandbox, ["status", "-o", "json"]);
    expect(JSON.parse(after.stdout).models[0].instance).toBe(JSON.parse(before.stdout).models[0].instance);
  });

  test("run answers on standard output alone", async () => {
    const { code, stdout } = await runCli(sandbox, ["run", "gpt-oss-120b", "--prompt", "Reply with exactly: ready"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\[simulated\] /);
    expect(stdout).toContain("ready");
  });

  test("refuses a model that nobody knows, and a second controller in its place", async () => {
    const unknown = await runCli(sandbox, ["run", "gpt-oss-999b", "hello"]);
    expect(unknown.code).toBe(2);
    expect(unknown.stderr).toContain("gpt-oss-120b");
    const port = new URL(gateway).port;
    const second = await runCli(sandbox, ["up", "--simulate", "--once", "--listen", `127.0.0.1:${port}`]);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(port);
    expect(second.stderr).not.toMatch(/\n\s+at /);
  });

  test("discover lists the agents and why they are usable; plan explains; token prints what to paste", async () => {
    const found = JSON.parse((await runCli(sandbox, ["discover", "-o", "json"])).stdout);
    // Simulated Macs of another test may be seen as well; they are not enrolled here.
    const usable = found.filter((host: { usable: boolean }) => host.usable);
    expect(usable.map((host: { name: string; usable: boolean }) => [host.name, host.usable]).toSorted()).toEqual([
      ["studio-1", true],
      ["studio-2", true],
      ["studio-3", true],
    ]);
    const plan = JSON.parse((await runCli(sandbox, ["plan", "-o", "json"])).stdout);
    expect(plan).toMatchObject({ kind: "plan", model: "gpt-oss-120b", optimal: true });
    const other = await runCli(sandbox, ["plan", "--model", "gpt-oss-20b"]);
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("They are gpt-oss-120b.")]);
    const named = await runCli(sandbox, ["plan", "--model", "gpt-oss-120b", "--compare"]);
    expect([named.code, named.stdout]).toEqual([
      0,
      expect.stringMatching(/What exo would do by itself\n {2}exo 1\.x .*/),
    ]);
    const token = await runCli(sandbox, ["token", "create", "--for", "studio-9"]);
    expect(token.stdout).toMatch(/exoctl agent --controller 127\.0\.0\.1:\d+ --pin \S{43}/);
    expect(token.stdout).toMatch(/enr1\./);
  });

  test("plan says what other machines would bring, and names every mistake in what it is asked", async () => {
    const changes = "add=m3ultra-512,remove=studio-2,link=studio-1:studio-3=thunderbolt";
    const asked = await runCli(sandbox, ["plan", "--what-if", changes, "-o", "json"]);
    expect(asked.code).toBe(0);
    const { kind, before, after, gain } = JSON.parse(asked.stdout);
    expect(kind).toBe("what-if");
    expect(before).toEqual(JSON.parse((await runCli(sandbox, ["plan", "-o", "json"])).stdout));
    const used = after.replicas[0].stages.map((stage: { node: string }) => stage.node);
    expect(used).toContain("m3ultra-512");
    expect(gain).toBeGreaterThan(0);
    const text = await runCli(sandbox, ["plan", "--what-if", changes, "--model", "gpt-oss-120b"]);
    expect(text.stdout).toMatch(/Before.*After.*% better by the stated objective/s);

    const short = await runCli(sandbox, ["plan", "--what-if", "remove=studio-1,remove=studio-2", "-o", "json"]);
    expect([short.code, JSON.parse(short.stdout).after.kind]).toEqual([3, "infeasible"]);
    const wrong = await runCli(sandbox, ["plan", "--what-if", "add=fridge,remove=studio-9,paint=red"]);
    expect(wrong.code).toBe(2);
    for (const mistake of ["fridge", "studio-9", "paint"]) expect(wrong.stderr).toContain(mistake);
    expect(wrong.stderr).not.toMatch(/\n\s+at /);
  });

  test("a key made while it runs is asked for at once, and is good for nothing once it is revoked", async () => {
    const made = await runCli(sandbox, ["keys", "create", "ci bot", "--rpm", "60"]);
    const key = made.stdout.trim();
    expect(made.stdout).toMatch(/^exoctl_[\w-]{43}\n$/);
    const [id = ""] = /key_\w{10}/.exec(made.stderr) ?? [];
    const status = async (headers: Record<string, string>) =>
      (
        await fetch(`${gateway}/chat/completions`, {
          method: "POST",
          headers: { "content-type": "application/json", ...headers },
          body: JSON.stringify({ model: "gpt-oss-120b", max_tokens: 5, messages: [{ role: "user", content: "hi" }] }),
        })
      ).status;
    expect([await status({}), await status({ "x-api-key": key })]).toEqual([401, 200]);
    // The admin's own commands need none.
    expect((await runCli(sandbox, ["run", "gpt-oss-120b", "hello"])).stdout).toContain("[simulated]");
    const [listed] = JSON.parse((await runCli(sandbox, ["keys", "list", "-o", "json"])).stdout);
    expect(listed).toMatchObject({
      id,
      name: "ci bot",
      limits: { requestsPerMinute: 60 },
      usage: { today: { requests: 1 } },
    });
    expect((await runCli(sandbox, ["keys", "revoke", id])).code).toBe(0);
    expect(await status({ "x-api-key": key })).toBe(401);
  });

  test("tells who changed what, and lets a browser and an admin key in on a port of its own", async () => {
    const folder = readFileSync(`${sandbox.home}/simulation`, "utf8").trim();
    const secrets = await useSecrets(folder);
    const { adminKey, adminUrl, sessionCookie } = secrets;
    const keyFile = join(sandbox.home, "key");
    writeFileSync(keyFile, adminKey, { mode: 0o600 });
    const remote = ["--controller", adminUrl, "--controller-key-file", keyFile];
    const cordoned = await runCli(sandbox, [...remote, "nodes", "cordon", "studio-3", "-o", "json"]);
    expect(JSON.parse(cordoned.stdout)).toEqual({ node: "studio-3", outcome: "changed" });
    const pasted = await runCli(sandbox, ["keys", "revoke", adminKey, ...remote]);
    expect([pasted.code, pasted.stderr]).toEqual([2, expect.stringContaining("not the id of a key")]);

    const page = await ask(adminUrl, "GET", "/", { cookie: sessionCookie });
    expect(JSON.parse(page.body)).toMatchObject({ simulated: true });
    const audit = await controllerIn(folder).readAudit({ limit: 100 });
    const lines = audit.map(({ who, what, outcome }) => `${who.via} ${what} ${outcome}`);
    for (const line of [
      "up controller start ok",
      "token enrol ok",
      "up apply ok",
      "socket token create ok",
      "socket keys create ok",
      "session session begin ok",
      "key nodes cordon ok",
      "key keys revoke refused",
    ])
      expect(lines).toContain(line);

    const { adminUrl: _known, ...hidden } = secrets;
    const places = new Map([
      ...filesOf(folder),
      ...processesOf(sandbox.processes()),
      ...(await answersOf(adminUrl, adminKey)),
      ["answer", pasted.stdout + pasted.stderr],
      ["log", log],
    ]);
    expect(places.size).toBeGreaterThan(40);
    expect(secretsFound(places, { ...hidden, sessionCookie: sessionCookie.split("=")[1] ?? "" })).toEqual([]);
  });

  /** Makes one of each secret, and uses it. */
  async function useSecrets(folder: string) {
    const controller = controllerIn(folder);
    const { token } = await controller.createToken({ forName: "studio-9", ttlMs: 60_000 });
    const { key: adminKey } = await controller.createKey({ name: "ci", scopes: ["admin"], limits: {} });
    const { key: gatewayKey } = await controller.createKey({ name: "phone", scopes: ["models"], limits: {} });
    const { url } = await controller.createOpenLink({});
    const opened = await ask(new URL(url).origin, "GET", `/open${new URL(url).search}`);
    const sessionCookie = `${opened.headers["set-cookie"]}`.split(";")[0] ?? "";
    const client = new OpenAI({ baseURL: gateway, apiKey: gatewayKey });
    expect((await client.models.list()).data).toHaveLength(1);
    const passphrase = "four unrelated words here";
    const inFolder = { ...sandbox, home: folder };
    const backup = ["backup", join(sandbox.home, "sealed"), "--passphrase-file", "-"];
    expect(await runCli(inFolder, backup, passphrase)).toMatchObject({ code: 0 });
    const code = new URL(url).searchParams.get("code") ?? "";
    return { joinToken: token, adminKey, gatewayKey, code, sessionCookie, passphrase, adminUrl: new URL(url).origin };
  }

  test(
    "Ctrl-C ends all of it and leaves nothing",
    async () => {
      up.child.kill("SIGINT");
      const { code } = await up.done;
      expect(code).toBe(0);
      expect(sandbox.processes()).toEqual([]);
      expect(sandbox.leftovers()).toEqual([]);
      const later = await runCli(sandbox, ["status"]);
      expect(later.code).toBe(4);
      expect(later.stderr).toContain("exoctl up");
    },
    longMs,
  );
});
