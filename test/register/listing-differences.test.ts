import fc from "fast-check";
import { expect, test } from "vitest";
import { describeDifference, listingDifferences } from "../../src/register/listing-differences.js";
import { anEntry } from "../support/registry-entries.js";

const mebibyte = 1024 * 1024;
const truth = anEntry({ storageBytes: 63_234_710_016 });

test("the card that exo ships for gpt-oss-120b is 11.7 % too large", () => {
  const listed = { id: truth.weightsOf, storageBytes: 67_379 * mebibyte, contextTokens: 131_072 };
  expect(listingDifferences(truth, listed).map(describeDifference)).toEqual([
    "size 70.7 GB instead of 63.2 GB (11.7 % too much)",
  ]);
});

test("a size that is only rounded is no difference", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 48 }), (storageBytes) => {
      const listed = { id: truth.weightsOf, storageBytes: Math.round(storageBytes / mebibyte) * mebibyte };
      expect(listingDifferences(anEntry({ storageBytes }), listed)).toEqual([]);
    }),
  );
});

test("what exo does not list is not compared", () => {
  expect(listingDifferences(truth, { id: truth.weightsOf })).toEqual([]);
});

test("context and tensor sharding are told in words", () => {
  const listed = { id: truth.weightsOf, contextTokens: 65_536, supportsTensor: false };
  expect(listingDifferences(truth, listed).map(describeDifference)).toEqual([
    "context 65536 tokens instead of 131072 tokens (50.0 % too little)",
    "tensor sharding not supported instead of supported",
  ]);
});
