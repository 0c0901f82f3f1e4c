import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseDocument } from "yaml";
import { z } from "zod";
import { clusterJsonSchema } from "../../src/config/cluster-json-schema.js";
import { readClusterSpec } from "../../src/config/read-cluster-spec.js";

const top = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, top), "utf8");

/** The specification of a text without mistakes. */
function spec(text: string) {
  const result = readClusterSpec(text, "cluster.yaml");
  expect(result).toMatchObject({ kind: "ok" });
  return result.kind === "ok" ? result.spec : undefined;
}

test("the repository's cluster.yaml has no mistake", () => {
  expect(spec(read("cluster.yaml"))?.models.map(({ name }) => name)).toEqual(["gpt-oss-120b"]);
});

test("apart from its examples, the repository's cluster.yaml states the defaults", () => {
  const document = parseDocument(read("cluster.yaml"));
  document.deleteIn(["nodes", "studio-3"]);
  document.deleteIn(["gateway", "aliases"]);
  expect(spec(String(document))).toEqual(spec("apiVersion: exoctl/v1"));
});

test("the repository's cluster.yaml names every setting", () => {
  const file = z.record(z.string(), z.unknown()).parse(parseDocument(read("cluster.yaml")).toJS());
  const schema = z.object({ properties: z.record(z.string(), z.unknown()) }).parse(clusterJsonSchema());
  expect(Object.keys(file)).toEqual(Object.keys(schema.properties));
  const missing: string[] = [];
  compare(schema, file, "", missing);
  expect(missing).toEqual([]);
});

const placeSchema = z.object({
  properties: z.record(z.string(), z.unknown()).optional(),
  items: z.unknown().optional(),
});

/** Collects the paths of settings that the schema has and the file has not. */
function compare(schema: unknown, value: unknown, path: string, missing: string[]): void {
  const { properties = {}, items } = placeSchema.parse(schema);
  if (Array.isArray(value)) {
    for (const item of value) compare(items, item, `${path}[]`, missing);
    return;
  }
  const entries = z.record(z.string(), z.unknown()).catch({}).parse(value);
  for (const [key, inner] of Object.entries(properties)) {
    if (key in entries) compare(inner, entries[key], `${path}.${key}`, missing);
    else missing.push(`${path}.${key}`);
  }
}

test("the JSON Schema for editors is up to date (npm run build && node scripts/write-cluster-schema.js)", () => {
  expect(JSON.parse(read("docs/cluster.schema.json"))).toEqual(JSON.parse(JSON.stringify(clusterJsonSchema())));
});

test("every setting is described for editors", () => {
  const undescribed: string[] = [];
  const visit = (schema: unknown, path: string): void => {
    const { properties = {}, items } = placeSchema.parse(schema);
    if (items !== undefined) visit(items, `${path}[]`);
    for (const [key, inner] of Object.entries(properties)) {
      const { description } = z.object({ description: z.string().optional() }).parse(inner);
      if (description === undefined) undescribed.push(`${path}.${key}`);
      visit(inner, `${path}.${key}`);
    }
  };
  visit(clusterJsonSchema(), "");
  expect(undescribed).toEqual([]);
});
