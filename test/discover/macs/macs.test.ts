import fc from "fast-check";
import { expect, test } from "vitest";
import { readDeviceInfo } from "../../../src/discover/macs/device-info.js";
import { readMacModel } from "../../../src/discover/macs/mac-models.js";
import { mergeMacs, nodeNameOf } from "../../../src/discover/macs/mac-sighting.js";

const strings = (...texts: readonly string[]): readonly Uint8Array[] => texts.map((text) => Buffer.from(text));

test.each([
  [["model=Mac15,14", "osxvers=25", "icolor=0"], { model: "Mac15,14", macosMajor: 26 }],
  [["model=Mac13,1", "osxvers=20"], { model: "Mac13,1", macosMajor: 11 }],
  [["MODEL=Mac14,13", "model=other", "osxvers=24"], { model: "Mac14,13", macosMajor: 15 }],
  [["model=MacSamba"], { model: "MacSamba" }],
  [["model=\u001b[2J", "osxvers=9"], {}],
  [["model", "osxvers="], {}],
])("the device record %j says %j", (texts, expected) => {
  expect(readDeviceInfo(strings(...texts))).toEqual(expected);
});

test.each([
  ["Mac15,14", "mac-studio"],
  ["Mac16,9", "mac-studio"],
  ["Mac99,1", "unknown-mac"],
  ["MacBookPro18,1", "other-mac"],
  ["Macmini9,1", "other-mac"],
  ["MacSamba", "not-a-mac"],
  ["RackMac", "not-a-mac"],
  ["constructor", "not-a-mac"],
])("%s is a %s", (identifier, kind) => {
  expect(readMacModel(identifier).kind).toBe(kind);
});

test("random device records give only well-formed claims", () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), (texts) => {
      const { model, macosMajor } = readDeviceInfo(texts);
      expect(model ?? "Mac").toMatch(/^[A-Za-z][\w,@.-]*$/);
      expect(macosMajor ?? 11).toBeGreaterThan(10);
    }),
  );
});

test.each([
  ["Büro Studio", "Buro-Studio"],
  ["Alice's Mac Studio", "Alices-Mac-Studio"],
  ["書斎", "mac"],
  ["-.x.-", "x"],
])("the computer name %j becomes the node name %j", (label, name) => {
  expect(nodeNameOf(label)).toBe(name);
});

test("any computer name becomes a name that `token create --for` takes", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 80 }), (label) => {
      expect(nodeNameOf(label)).toMatch(/^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/);
    }),
  );
});

test("what is heard of one Mac piece by piece is one Mac", () => {
  const at = { label: "Studio", address: "10.0.0.1" };
  expect(
    mergeMacs([
      { ...at, device: {} },
      { ...at, device: { model: "Mac16,9" } },
      { ...at, label: "STUDIO", sshPort: 22, device: { macosMajor: 26 } },
      { ...at, address: "10.0.0.2", device: {} },
    ]),
  ).toEqual([
    { label: "STUDIO", address: "10.0.0.1", sshPort: 22, device: { model: "Mac16,9", macosMajor: 26 } },
    { label: "Studio", address: "10.0.0.2", device: {} },
  ]);
});
