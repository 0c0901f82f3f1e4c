import { parse } from "yaml";
import { z } from "zod";
import { Problem } from "../runtime/problem.js";
import { buildMacProfiles } from "./build-mac-profiles.js";
import { chipProfiles } from "./chip-profiles.js";
import { type SimulatedVariant, simulatedVariants } from "./exo/simulated-variant.js";
import type { MacProfile } from "./mac-profile.js";

/** One Mac of a simulation: the machine, and the exo on it. */
export interface SimulatedMac {
  readonly profile: MacProfile;
  readonly variant: SimulatedVariant;
  /** Whether gpt-oss-120b lies on its disk from the start. */
  readonly weights: "complete" | "none";
  /** Whether exo's downloads reach the (simulated) internet. */
  readonly internet: "simulated" | "none";
  /** Real folders on this machine whose models the Mac finds in its `--models-folder`. */
  readonly modelsFolders: readonly string[];
  /** Whether its exo runs from the start. */
  readonly exo: "running" | "stopped";
  /** Each so manieth runner of its exo hangs before it joins its group, as real starts do now and then; 0 for none. */
  readonly startHangs?: number;
}

/** A whole simulated cluster. */
export interface Simulation {
  readonly macs: readonly SimulatedMac[];
  /** 1 is real time; absent where the file leaves it to the caller. */
  readonly timeScale?: number;
  /** The same for prompts and tokens. */
  readonly tokenScale?: number;
  /** What each Mac sends of model files to others at most. */
  readonly uplinkBytesPerSec?: number;
}

const chipNames = chipProfiles.map(({ chip }) => chip);

const macSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,40}$/, "expected a host name in lower case, such as studio-1"),
  chip: z
    .string()
    .transform((chip) => (chip.startsWith("Apple ") ? chip : `Apple ${chip}`))
    .refine((chip) => chipNames.includes(chip), `expected one of ${chipNames.join(", ")}`),
  memoryGb: z.int().min(16).max(1_024),
  variant: z.enum(simulatedVariants).default("1.0.71"),
  weights: z.enum(["complete", "none"]).default("complete"),
  internet: z.enum(["simulated", "none"]).default("simulated"),
  exo: z.enum(["running", "stopped"]).default("running"),
  startHangs: z.int().min(0).default(0),
  metal: z.enum(["present", "missing"]).default("present"),
  modelsFolders: z.array(z.string().min(1)).max(16).default([]),
});

const cableSchema = z.strictObject({
  between: z.tuple([z.string(), z.string()]),
  kind: z.enum(["thunderbolt", "rdma", "ethernet-10g", "ethernet-1g", "wifi"]),
});

const fileSchema = z.strictObject({
  macs: z.array(macSchema).min(1).max(250),
  cables: z.array(cableSchema).default([]),
  network: z.enum(["ethernet-10g", "ethernet-1g", "wifi", "none"]).default("ethernet-10g"),
  timeScale: z.number().min(0).max(10).optional(),
  tokenScale: z.number().min(0).max(10).optional(),
  uplinkBytesPerSec: z.int().min(65_536).optional(),
});

/** What a simulation file says, checked. */
export type SimulationFile = z.output<typeof fileSchema>;

function compile(file: SimulationFile): Simulation {
  const profiles = buildMacProfiles(file);
  const macs = file.macs.flatMap(({ variant, weights, internet, exo, modelsFolders, startHangs }, at) => {
    const profile = profiles[at];
    return profile === undefined
      ? []
      : [{ profile, variant, weights, internet, exo, modelsFolders, ...(startHangs > 0 ? { startHangs } : {}) }];
  });
  const { timeScale, tokenScale, uplinkBytesPerSec } = file;
  return {
    macs,
    ...(timeScale === undefined ? {} : { timeScale }),
    ...(tokenScale === undefined ? {} : { tokenScale }),
    ...(uplinkBytesPerSec === undefined ? {} : { uplinkBytesPerSec }),
  };
}

/** Names used twice, and cables to Macs that are not there. */
function contradictions(file: SimulationFile): readonly string[] {
  const names = file.macs.map(({ name }) => name);
  const twice = names.filter((name, at) => names.indexOf(name) < at).map((name) => `macs: ${name} is listed twice`);
  const loose = file.cables.flatMap(({ between }, at) => [
    ...between.filter((name) => !names.includes(name)).map((name) => `cables[${at}]: there is no Mac named ${name}`),
    ...(between[0] === between[1] ? [`cables[${at}]: a cable joins two different Macs`] : []),
  ]);
  return [...twice, ...loose];
}

/**
 * Reads a simulation file (YAML or JSON):
 * `macs: [{name, chip, memoryGb, variant, weights, internet, exo, startHangs, metal, modelsFolders}]`,
 * `cables: [{between: [a, b], kind}]`, `network`: what connects all of them, `timeScale`
 * (1: starts as slowly as real machines), `tokenScale` (1: answers at their pace) and `uplinkBytesPerSec`.
 *
 * @param fileName for messages only
 * @throws Problem (usage) that names every fault at once
 */
export function readSimulationSpec(text: string, fileName: string): Simulation {
  const refuse = (faults: readonly string[]): Problem =>
    new Problem(
      "usage",
      "bad_simulation",
      `${fileName}: ${faults.join("; ")}`,
      "see the simulation section of the README",
    );
  let raw: unknown;
  try {
    raw = parse(text);
  } catch (error) {
    throw refuse([error instanceof Error ? (error.message.split("\n")[0] ?? "not YAML") : "not YAML"]);
  }
  const checked = fileSchema.safeParse(raw);
  if (!checked.success)
    throw refuse(checked.error.issues.map(({ path, message }) => `${path.join(".") || "file"}: ${message}`));
  const faults = contradictions(checked.data);
  if (faults.length > 0) throw refuse(faults);
  return compile(checked.data);
}

/** Sixteen Studios. The first three are the shipped cluster: 64 GB each, so that none holds gpt-oss-120b alone. */
const builtin: readonly (readonly [chip: string, memoryGb: number])[] = [
  ["Apple M1 Max", 64],
  ["Apple M2 Max", 64],
  ["Apple M4 Max", 64],
  ["Apple M2 Max", 32],
  ["Apple M4 Max", 36],
  ["Apple M1 Ultra", 64],
  ["Apple M4 Max", 48],
  ["Apple M1 Max", 32],
  ["Apple M2 Max", 96],
  ["Apple M4 Max", 128],
  ["Apple M2 Ultra", 128],
  ["Apple M1 Ultra", 128],
  ["Apple M3 Ultra", 96],
  ["Apple M2 Ultra", 192],
  ["Apple M3 Ultra", 256],
  ["Apple M3 Ultra", 512],
];

/** How many Macs the built-in simulation has at most. */
export const mostBuiltinMacs = builtin.length;

/**
 * The built-in simulation: a 10 Gb switch, and Thunderbolt cables between the first two and the second two Macs.
 *
 * @throws Problem (usage) when `count` is not 1 to 16
 */
export function defaultSimulation(count: number): Simulation {
  if (!Number.isInteger(count) || count < 1 || count > mostBuiltinMacs)
    throw new Problem(
      "usage",
      "bad_simulation",
      `the built-in simulation has 1 to ${mostBuiltinMacs} Macs, not ${count}`,
      "describe a larger one in a file: --simulate FILE",
    );
  const macs = builtin.slice(0, count).map(([chip, memoryGb], at) => ({ name: `studio-${at + 1}`, chip, memoryGb }));
  const cables = [
    { between: ["studio-1", "studio-2"], kind: "thunderbolt" },
    { between: ["studio-2", "studio-3"], kind: "thunderbolt" },
  ].slice(0, Math.max(0, count - 1));
  return compile(fileSchema.parse({ macs, cables }));
}
