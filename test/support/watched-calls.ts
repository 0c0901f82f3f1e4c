import type { FileCalls } from "../../src/adapters/files/classic-file-calls.js";

/** Called before each call of the file system with its number, from 1 on, and its name; the write of a file counts twice. A handle is closed even so. */
export type BeforeCall = (number: number, name: string) => void | Promise<void>;

/** The real file system, with a word before each call, those of file handles included. A write is cut in two. */
export function watchedCalls(before: BeforeCall, real: FileCalls): FileCalls {
  let number = 0;
  const step = async (name: string): Promise<void> => {
    number += 1;
    await before(number, name);
  };
  const wrap = <T extends object>(target: T, made: (value: unknown) => unknown): T =>
    new Proxy(target, {
      get: (object, name) => {
        const value: unknown = Reflect.get(object, name, object);
        if (typeof value !== "function") return value;
        return async (...args: readonly unknown[]) => {
          if (name === "close") return await step("close").finally(() => Reflect.apply(value, object, []));
          await step(String(name));
          if (name === "writeFile" && typeof args[0] === "string") {
            const half = Math.floor(args[0].length / 2);
            await Reflect.apply(value, object, [args[0].slice(0, half)]);
            await step("writeFile, second half");
            return made(await Reflect.apply(value, object, [args[0].slice(half)]));
          }
          return made(await Reflect.apply(value, object, [...args]));
        };
      },
    });
  const isHandle = (value: unknown): value is object => typeof value === "object" && value !== null && "fd" in value;
  return wrap({ ...real }, (value) => (isHandle(value) ? wrap(value, (each) => each) : value));
}
