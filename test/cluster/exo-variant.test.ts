import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readExoVariant } from "../../src/cluster/exo-variant.js";
import { openApiOf, variant71, variantHead } from "../support/exo-fixtures.js";

const cardOf = (fields: readonly string[], schema = "ModelCard") => ({
  components: { schemas: { [schema]: { properties: Object.fromEntries(fields.map((name) => [name, {}])) } } },
});

describe("exo's variant", () => {
  test("is told by the fields of its model cards, in snake_case and in order", () => {
    expect(readExoVariant(openApiOf(variant71))).toEqual(variant71);
    expect(readExoVariant(openApiOf(variantHead))).toEqual(variantHead);
  });

  test.each([
    [["modelId"], "1.0.68"],
    [["modelId", "numKeyValueHeads"], "1.0.69"],
    [["modelId", "numKeyValueHeads", "contextLength"], "1.0.70"],
    [["modelId", "samplingDefaults"], "1.0.71"],
    [["backends", "modelId", "samplingDefaults"], "after 1.0.71"],
  ])("with cards of %j is %s", (fields, label) => {
    expect(readExoVariant(cardOf(fields))?.label).toBe(label);
  });

  test("the schema of what exo takes counts more than that of what it gives", () => {
    const both = {
      components: {
        schemas: {
          ...cardOf(["modelId", "backends"], "ModelCard").components.schemas,
          ...cardOf(["modelId"], "ModelCard-Input").components.schemas,
        },
      },
    };
    expect(readExoVariant(both)?.label).toBe("1.0.68");
  });

  test("is unknown where there are no cards, or none that we know", () => {
    expect(readExoVariant(cardOf([]))).toBeUndefined();
    expect(readExoVariant(cardOf(["modelId"], "Model"))).toBeUndefined();
  });

  test("property: no document throws it off", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(readExoVariant(value)).toBeUndefined();
        expect(readExoVariant({ components: value })).toBeUndefined();
        expect(readExoVariant({ components: { schemas: { ModelCard: value } } })).toBeUndefined();
        const required = { properties: { modelId: value }, required: value };
        expect(readExoVariant({ components: { schemas: { ModelCard: required } } })?.label).toBe("1.0.68");
      }),
    );
  });
});
