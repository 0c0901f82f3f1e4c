import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readExoVariant, readOlderExo } from "../../src/cluster/exo-variant.js";
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
    [["family", "modelId"], "1.0.68"],
    [["family", "modelId", "numKeyValueHeads"], "1.0.69"],
    [["family", "modelId", "numKeyValueHeads", "contextLength"], "1.0.70"],
    [["family", "modelId", "samplingDefaults"], "1.0.71"],
    [["backends", "family", "modelId", "samplingDefaults"], "after 1.0.71"],
  ])("with cards of %j is %s", (fields, label) => {
    expect(readExoVariant(cardOf(fields))?.label).toBe(label);
  });

  test("the schema of what exo takes counts more than that of what it gives", () => {
    const both = {
      components: {
        schemas: {
          ...cardOf(["family", "modelId", "backends"], "ModelCard").components.schemas,
          ...cardOf(["family", "modelId"], "ModelCard-Input").components.schemas,
        },
      },
    };
    expect(readExoVariant(both)?.label).toBe("1.0.68");
  });

  test("is unknown where there are no cards, or none that we know", () => {
    expect(readExoVariant(cardOf([]))).toBeUndefined();
    expect(readExoVariant(cardOf(["family", "modelId"], "Model"))).toBeUndefined();
  });

  test.each([
    [["modelId", "prettyName"], "ModelMetadata", "1.0.60"],
    [["modelId", "prettyName", "hiddenSize"], "ModelMetadata", "1.0.61 to 1.0.63"],
    [["modelId", "tasks"], "ModelCard-Input", "1.0.64 to 1.0.67"],
    [["modelId", "tasks", "family"], "ModelCard-Input", undefined],
    [["modelId"], "Model", undefined],
  ])("that is older: %j of %s is %s", (fields, schema, older) => {
    expect(readOlderExo(cardOf(fields, schema))).toBe(older);
    if (older !== undefined) expect(readExoVariant(cardOf(fields, schema))).toBeUndefined();
  });

  test("property: no document throws it off", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(readExoVariant(value)).toBeUndefined();
        expect(readExoVariant({ components: value })).toBeUndefined();
        expect(readOlderExo({ components: { schemas: value } })).toBeUndefined();
        expect(readExoVariant({ components: { schemas: { ModelCard: value } } })).toBeUndefined();
        const required = { properties: { family: value, modelId: value }, required: value };
        expect(readExoVariant({ components: { schemas: { ModelCard: required } } })?.label).toBe("1.0.68");
      }),
    );
  });
});
