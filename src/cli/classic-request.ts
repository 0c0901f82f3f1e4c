import { type ClassicEngine, type ClassicEntry, classicEngines } from "../cluster/classic-entry.js";
import { faultCodes } from "../cluster/classic-finding.js";
import type { ClassicAddWish } from "../cluster/classic-wish.js";
import { catalogueNames, entryFor } from "../models/catalogue.js";
import type { Quantization } from "../models/model-spec.js";
import { entryProblems } from "../register/classic/classic-entry.js";
import { withoutGptPrefix } from "../register/classic/entry-faults.js";
import { Problem } from "../runtime/problem.js";

/** What `exoctl model add --classic` was told. */
export interface ClassicAddOptions {
  readonly id?: string;
  readonly repo?: string;
  readonly layers?: string;
  readonly label?: string;
  readonly engine: string;
  readonly quantization: Quantization;
  readonly accept?: readonly string[];
  readonly replace?: boolean;
  readonly dryRun?: boolean;
}

/** @throws Problem (usage) that names everything that is missing or wrong */
export function classicAddRequest(model: string, options: ClassicAddOptions): ClassicAddWish {
  const accepted = options.accept ?? [];
  const unknown = accepted.filter((code) => !faultCodes.some((known) => known === code));
  if (unknown.length > 0)
    throw new Problem(
      "usage",
      "unknown_fault",
      `--accept ${unknown.join(",")}: no such fault`,
      `Known: ${faultCodes.join(", ")}.`,
    );
  const entry = classicEntry(model, options);
  const problems = entryProblems(entry);
  if (problems.length > 0)
    throw new Problem(
      "usage",
      "bad_entry",
      `this entry can't be written\n${problems.join("\n")}`,
      "Correct these options.",
    );
  return {
    entry,
    model,
    accepted,
    whenDifferent: options.replace === true ? "replace" : "report",
    effect: options.dryRun === true ? "show" : "write",
  };
}

/** The name that an entry gets unless one is asked for: without `gpt-`, which exo 0.0.x never looks up. */
export const classicId = (model: string, id: string | undefined): string => id ?? withoutGptPrefix(model);

function classicEntry(model: string, options: ClassicAddOptions): ClassicEntry {
  const known = catalogueNames.includes(model) ? entryFor(model, options.quantization, "own") : undefined;
  const repo = options.repo ?? known?.weightsOf;
  const layers = options.layers === undefined ? known?.layers : Number(options.layers);
  if (repo === undefined || layers === undefined)
    throw new Problem(
      "usage",
      "unknown_model",
      `there is no model named ${JSON.stringify(model)} in the catalogue`,
      `Say what it is: --layers N --repo owner/name. Known: ${catalogueNames.join(", ")}.`,
    );
  const label = options.label ?? known?.baseModel ?? model;
  return { id: classicId(model, options.id), layers, engine: engineOf(options.engine), repo, label };
}

const isEngine = (name: string): name is ClassicEngine => classicEngines.some((engine) => engine === name);

function engineOf(name: string): ClassicEngine {
  if (isEngine(name)) return name;
  throw new Problem(
    "usage",
    "unknown_engine",
    `exo 0.0.x has no engine ${name}`,
    `Known: ${classicEngines.join(", ")}.`,
  );
}
