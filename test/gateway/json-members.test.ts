import fc from "fast-check";
import { expect, test } from "vitest";
import { scanJsonObject } from "../../src/gateway/json-members.js";

const valuesOf = (text: string): Record<string, unknown> => {
  const bytes = Buffer.from(text);
  const { members } = scanJsonObject(bytes, 100);
  return Object.fromEntries(
    [...members].map(([key, { start, end }]) => [key, JSON.parse(bytes.toString("utf8", start, end))]),
  );
};

test("members are found whatever their values hold", () => {
  const text = '{ "a" : "x\\"},\\\\" , "b":[1,{"c":"]}"}],"\\u0064":null,"e":{"a":1},"":" \\\\\\" :,"}';
  expect(valuesOf(text)).toEqual({ a: 'x"},\\', b: [1, { c: "]}" }], d: null, e: { a: 1 }, "": ' \\" :,' });
});

test("of a repeated key the last value counts, however it is spelled", () => {
  expect(valuesOf('{"model":"a","\\u006dodel":"b"}')).toEqual({ model: "b" });
});

test("nesting beyond the limit ends the scan", () => {
  expect(scanJsonObject(Buffer.from("[".repeat(5_000_000)), 100).depth).toBe(101);
  expect(scanJsonObject(Buffer.from('{"a":[[1]]}'), 100).depth).toBe(3);
});

test("any JSON object gives back exactly its members, pretty or not", () => {
  const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue(), { noNullPrototype: true });
  fc.assert(
    fc.property(object, fc.constantFrom(0, 2), (value, indent) => {
      const text = JSON.stringify(value, null, indent);
      const expected = JSON.parse(text) as Record<string, unknown>;
      const found = scanJsonObject(Buffer.from(text), 1_000).members;
      expect([...found.keys()].toSorted()).toEqual(Object.keys(expected).toSorted());
      expect(valuesOf(text)).toEqual(expected);
    }),
  );
});

test("no bytes make it fail or run on", () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void scanJsonObject(Buffer.from(bytes), 100)));
});
