import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Command } from "commander";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readRemote, withControllerOptions } from "../../src/cli/remote-controller.js";

const folder = mkdtempSync(join(tmpdir(), "exoctl-remote-"));
const file = join(folder, "key");
const key = `exoctl_${"k".repeat(43)}`;
beforeAll(() => writeFileSync(file, `${key}\n`, { mode: 0o600 }));
afterAll(() => rmSync(folder, { recursive: true }));

test.each(["http://127.0.0.1:8416", "http://localhost:8416", "http://[::1]:8416", "https://studio.lan:8416"])(
  "%s may be sent the key",
  (url) => {
    expect(readRemote(url, { controllerKeyFile: file })).toEqual({ url: new URL(url), key });
  },
);

test.each([
  ["http://studio.lan:8416", "controller_without_tls"],
  ["http://10.0.0.5:8416", "controller_without_tls"],
  ["http://127.0.0.1.evil.example", "controller_without_tls"],
  ["studio.lan:8416", "bad_controller"],
  ["ftp://studio.lan", "bad_controller"],
  ["https://anna:secret@studio.lan", "bad_controller"],
])("%s may not: %s", (url, code) => {
  let told: unknown;
  try {
    readRemote(url, { controllerKeyFile: file });
  } catch (error) {
    told = error;
  }
  expect(told).toMatchObject({ kind: "usage", code });
  expect(String(told)).not.toContain("secret");
});

test("the key comes from a file that others can't read, and is never shown", () => {
  const url = "https://studio.lan";
  expect(() => readRemote(url, {})).toThrow(/needs an admin key/);
  expect(() => readRemote(url, { controllerKeyFile: join(folder, "none") })).toThrow(/can't be read/);
  const odd = join(folder, "odd");
  for (const text of ["", "two keys", "line\nbreak", "ctrl\u0001"]) {
    writeFileSync(odd, text, { mode: 0o600 });
    expect(() => readRemote(url, { controllerKeyFile: odd })).toThrow(/there is no key/);
  }
  chmodSync(odd, 0o644);
  expect(() => readRemote(url, { controllerKeyFile: odd })).toThrow(/other users of this machine/);
});

async function parse(...argv: readonly string[]): Promise<unknown> {
  let seen: unknown;
  const program = new Command("exoctl").exitOverride().configureOutput({ writeErr: () => {} });
  const nodes = program.command("nodes");
  nodes
    .command("list")
    .option("--all")
    .action((options) => {
      seen = options;
    });
  const seeing = (options: unknown): void => {
    seen = options;
  };
  program.command("up").action(seeing);
  program.command("agent").option("--controller <host:port>").action(seeing);
  withControllerOptions(program);
  await program.parseAsync(["node", "exoctl", ...argv]);
  return seen;
}

test("the options stand before a command's name or after it", async () => {
  const wanted = { controller: "https://a", controllerKeyFile: file };
  expect(await parse("--controller", "https://a", "--controller-key-file", file, "nodes", "list")).toEqual(wanted);
  expect(await parse("nodes", "list", "--controller", "https://a", "--controller-key-file", file)).toEqual(wanted);
  expect(await parse("nodes", "list")).toEqual({});
});

test("commands that are about this machine refuse another one", async () => {
  await expect(parse("up", "--controller", "https://a")).rejects.toMatchObject({ code: "here_only" });
  await expect(parse("--controller", "https://a", "up")).rejects.toMatchObject({ code: "here_only" });
  await expect(parse("--controller", "https://a", "agent")).rejects.toMatchObject({ code: "here_only" });
});

test("the controller that an agent joins is its own option", async () => {
  expect(await parse("agent", "--controller", "10.0.0.5:8418")).toEqual({ controller: "10.0.0.5:8418" });
});
