import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { receiveBody } from "../../../src/adapters/peer-files/receive-body.js";

const soon = () => new Promise((resolve) => setImmediate(resolve));

test("more comes only when what came has been taken", async () => {
  const body = new PassThrough();
  const taken: string[] = [];
  let free: () => void = () => undefined;
  const done = receiveBody(body, (bytes) => {
    taken.push(Buffer.from(bytes).toString());
    return taken.length === 1 ? new Promise<void>((resolve) => (free = resolve)) : undefined;
  });
  body.write("one");
  await soon();
  body.end("two");
  await soon();
  expect(taken).toEqual(["one"]);
  free();
  await done;
  expect(taken).toEqual(["one", "two"]);
});

test("a break is told only when nothing is being taken any more", async () => {
  const body = new PassThrough();
  let free: () => void = () => undefined;
  let told: unknown;
  const done = receiveBody(body, () => new Promise<void>((resolve) => (free = resolve))).catch((error: unknown) => {
    told = error;
  });
  body.write("one");
  await soon();
  body.destroy(new Error("the line broke"));
  await soon();
  await soon();
  expect(told).toBeUndefined();
  free();
  await done;
  expect(told).toMatchObject({ message: "the line broke" });
});

test("an answer that is cut off, and bytes that cannot be taken, are errors", async () => {
  const cut = new PassThrough();
  const broken = receiveBody(cut, () => undefined);
  cut.destroy();
  await expect(broken).rejects.toThrow("broke off");
  const body = new PassThrough();
  const full = receiveBody(body, () => Promise.reject(new Error("the disk is full")));
  body.write("one");
  await expect(full).rejects.toThrow("the disk is full");
  expect(body.destroyed).toBe(true);
});
