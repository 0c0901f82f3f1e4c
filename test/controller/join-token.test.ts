import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatJoinToken, newJoinToken, parseJoinToken } from "../../src/controller/join-token.js";

const pin = Buffer.alloc(32, 7).toString("base64url");
const text = formatJoinToken(newJoinToken(pin, randomBytes));
const [prefix, id, secret] = text.split(".");

describe("join tokens", () => {
  test("are read back as they were written", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 10, maxLength: 10 }),
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        (idBytes, bytes) => {
          const token = newJoinToken(pin, (count) => (count === 32 ? bytes : idBytes));
          const read = parseJoinToken(` ${formatJoinToken(token)}\n`);
          expect(read.id).toBe(token.id);
          expect(read.controllerPin).toBe(pin);
          expect(Buffer.from(read.secret).equals(Buffer.from(bytes))).toBe(true);
        },
      ),
    );
  });

  test.each([
    ["", "empty"],
    ["hello", "begin with"],
    [`enr2.${id}.${secret}.${pin}`, "begin with"],
    [`${prefix}.${id}`, "third part"],
    [`${prefix}.ID.${secret}.${pin}`, "second part"],
    [`${prefix}.${id}.${secret?.slice(1)}.${pin}`, "third part"],
    [`${prefix}.${id}.${secret}`, "last part"],
    [`${prefix}.${id}.${secret}.${pin.slice(0, 42)}`, "last part"],
    [`${text}.x`, "four parts"],
  ])("%j is refused with what is wrong", (bad, problem) => {
    expect(() => parseJoinToken(bad)).toThrow(
      expect.objectContaining({ code: "bad_token", message: expect.stringContaining(problem) }),
    );
  });

  test("no damaged token is taken for a token, and no message repeats a part of it", () => {
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.constantFrom("", "!", " ", "..", "é"), (at, change) => {
        const damaged = text.slice(0, at) + change + text.slice(at + 1);
        fc.pre(damaged.trim() !== text);
        try {
          parseJoinToken(damaged);
          expect.fail("accepted");
        } catch (error) {
          expect(error).toMatchObject({ code: "bad_token" });
          expect(String(error)).not.toContain(secret?.slice(0, 8));
        }
      }),
    );
  });
});
