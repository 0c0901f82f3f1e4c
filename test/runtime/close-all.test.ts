import { expect, test } from "vitest";
import { type Close, closeAll } from "../../src/runtime/close-all.js";

function recorder() {
  const order: string[] = [];
  const closer =
    (name: string, fail?: string): Close =>
    async () => {
      order.push(name);
      if (fail !== undefined) throw new Error(fail);
    };
  return { order, closer };
}

test("closes in reverse order of opening, each once, however often it is called", async () => {
  const { order, closer } = recorder();
  const close = closeAll([closer("store"), closer("gateway"), closer("loop")]);
  await Promise.all([close(), close()]);
  await close();
  expect(order).toEqual(["loop", "gateway", "store"]);
});

test("one failure keeps no other from being closed, and all failures are told", async () => {
  const { order, closer } = recorder();
  const throwsAtOnce = (): never => {
    throw new Error("not even a promise");
  };
  const close = closeAll([closer("store"), throwsAtOnce, closer("gateway", "busy")]);
  const error = await close().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AggregateError);
  expect((error as AggregateError).errors.map(String)).toEqual(["Error: busy", "Error: not even a promise"]);
  expect(order).toEqual(["gateway", "store"]);
});

test("what is opened after the close was made is closed as well", async () => {
  const { order, closer } = recorder();
  const opened = [closer("store")];
  const close = closeAll(opened);
  opened.push(closer("gateway"));
  await close();
  expect(order).toEqual(["gateway", "store"]);
});
