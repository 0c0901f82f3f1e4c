import { expect, test } from "vitest";
import type { ClusterView } from "../../src/apply/cluster-access.js";
import { nodeName } from "../../src/cluster/names.js";
import {
  builtInFindings,
  builtInReasons,
  describeBuiltInFinding,
  findingsOfRun,
} from "../../src/controller/built-in-findings.js";
import type { ExoListedModel } from "../../src/inventory/exo-state.js";
import { entryFor } from "../../src/models/catalogue.js";
import { aClusterView, anEntry } from "../support/controller-house.js";

const own = entryFor("gpt-oss-120b", "MXFP4-Q8", "own");
const shipped: ExoListedModel = { id: own.weightsOf, storageBytes: 70_652_000_256, origin: "built-in" };
const right: ExoListedModel = { ...shipped, storageBytes: own.storageBytes };

const viewOf = (listings: Readonly<Record<string, ExoListedModel>>): ClusterView => {
  const names = Object.keys(listings);
  const listed = new Map(Object.entries(listings).map(([name, model]) => [nodeName(name), [model]]));
  return { ...aClusterView(names), listed };
};

test("nodes that ship the same wrong card are told together, those with a right one not at all", () => {
  const findings = builtInFindings(own, viewOf({ "studio-1": shipped, "studio-2": right, "studio-3": shipped }));
  expect(findings.map(describeBuiltInFinding)).toEqual([
    "exo's own card of mlx-community/gpt-oss-120b-MXFP4-Q8 on studio-1, studio-3 says size 70.7 GB instead of 63.3 GB " +
      "(11.7 % too much); cards that exo ships can't be overridden",
  ]);
});

test("exos that differ in what they ship are told apart", () => {
  const other = { ...shipped, storageBytes: 60_000_000_000 };
  const findings = builtInFindings(own, viewOf({ "studio-1": shipped, "studio-2": other }));
  expect(findings.map(({ nodes }) => nodes)).toEqual([["studio-1"], ["studio-2"]]);
});

test("a custom card of that id is somebody's own affair", () => {
  expect(builtInFindings(own, viewOf({ "studio-1": { ...shipped, origin: "custom" } }))).toEqual([]);
});

test("matters only to a model that is run by exo's own card", () => {
  const view = viewOf({ "studio-1": shipped });
  expect(findingsOfRun({ ...anEntry(), entry: "own" }, own, view)).toEqual([]);
  expect(builtInReasons({ ...anEntry(), entry: "builtin" }, own, view)).toMatchObject([
    { code: "built_in_card_differs", message: expect.stringContaining("11.7 %"), fix: expect.stringContaining("own") },
  ]);
});
