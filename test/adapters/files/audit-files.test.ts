import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openAuditFiles, readAuditFiles } from "../../../src/adapters/files/audit-files.js";
import { type LineSeries, openLines, readLines } from "../../../src/adapters/files/rotated-lines.js";
import type { AuditRecord } from "../../../src/controller/audit/audit-record.js";
import type { Close } from "../../../src/runtime/close-all.js";

let folder = "";
const open: Close[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "exoctl-audit-"));
});
afterEach(async () => {
  for (const close of open.splice(0)) await close();
  await rm(folder, { recursive: true, force: true });
});

const aRecord = (target: string): AuditRecord => ({
  ...{ at: "2027-01-31T12:00:00.000Z", id: "1", who: { via: "nobody" }, from: "10.0.0.1" },
  ...{ what: "nodes remove", target, generation: 1, outcome: "ok" },
});

async function openAudit() {
  const audit = await openAuditFiles(folder);
  open.push(audit.close);
  return audit;
}

const targets = async (): Promise<readonly string[]> => {
  const found: string[] = [];
  for await (const { target } of readAuditFiles(folder).read("changes")) found.push(target);
  return found;
};

test("records are lines of a file that only its owner reads, and are read again as they were", async () => {
  const audit = await openAudit();
  const records = ["studio-1", "a\nb", "\u001b[2J\u009b2J\u202e", '"}', "é👩‍💻"].map(aRecord);
  await Promise.all(records.map((record) => audit.append("changes", record)));
  const file = join(folder, "audit.jsonl");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const text = await readFile(file, "utf8");
  expect(text.split("\n")).toHaveLength(records.length + 1);
  expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
  expect(await targets()).toEqual(records.map(({ target }) => target));
});

test("attempts of strangers are in files of their own", async () => {
  const audit = await openAudit();
  await audit.append("attempts", aRecord("x"));
  expect(await targets()).toEqual([]);
  expect((await readdir(folder)).toSorted()).toEqual(["audit-attempts.jsonl", "audit.jsonl"]);
});

test("what a killed controller left of a line costs nothing but that line", async () => {
  const first = await openAudit();
  await first.append("changes", aRecord("one"));
  await appendFile(join(folder, "audit.jsonl"), '{"at":"2027-01-');
  const second = await openAudit();
  await second.append("changes", aRecord("two"));
  expect(await targets()).toEqual(["one", "two"]);
});

test.skipIf(!existsSync("/dev/full"))(
  "a full disk is told, and the next line is written when there is room",
  async () => {
    const file = join(folder, "audit.jsonl");
    await symlink("/dev/full", file);
    const audit = await openAudit();
    await expect(audit.append("changes", aRecord("one"))).rejects.toMatchObject({ code: "ENOSPC" });
    await unlink(file);
    const again = await openAudit();
    await again.append("changes", aRecord("two"));
    expect(await targets()).toEqual(["two"]);
  },
);

test("where the next file can't be made, no older one is lost", async () => {
  const series: LineSeries = { folder, name: "lines", fileBytes: 30, files: 3 };
  const lines = await openLines(series);
  open.push(lines.close);
  for (const line of ["first", "second", "third", "fourth", "fifth"]) await lines.append(`the ${line} line`);
  const before = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")));
  await mkdir(join(folder, "lines.next.jsonl"));
  for (let tries = 0; tries < 4; tries += 1)
    await expect(lines.append("a line that needs another file")).rejects.toMatchObject({ code: "EISDIR" });
  await rm(join(folder, "lines.next.jsonl"), { recursive: true });
  expect(await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), "utf8")))).toEqual(
    before,
  );
});

test("a series never takes more than its bound, keeps the newest lines, and is read in order", async () => {
  const series: LineSeries = { folder, name: "lines", fileBytes: 100, files: 3 };
  const lines = await openLines(series);
  open.push(lines.close);
  for (let count = 0; count < 40; count += 1) {
    await lines.append(`line ${String(count).padStart(3, "0")}`);
    const names = await readdir(folder);
    expect(names.length).toBeLessThanOrEqual(3);
    for (const name of names) expect((await stat(join(folder, name))).size).toBeLessThanOrEqual(100);
  }
  const kept: string[] = [];
  for await (const line of readLines(series)) kept.push(line);
  expect(kept).toEqual(
    Array.from({ length: kept.length }, (_, at) => `line ${String(40 - kept.length + at).padStart(3, "0")}`),
  );
  expect(kept.length).toBeGreaterThan(20);
});
