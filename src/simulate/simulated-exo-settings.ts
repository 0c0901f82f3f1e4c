import { type SimulatedVariant, simulatedVariants } from "./exo/simulated-variant.js";
import {
  anything,
  bad,
  type Check,
  float,
  integer,
  isRecord,
  object,
  optional,
  required,
  text,
  word,
} from "./exo/strict-schema.js";
import type { MacProfile } from "./mac-profile.js";

/** What a simulated exo process is told, in one JSON file. */
export interface SimulatedExoSettings {
  /** exo's data folder (`EXO_HOME`): custom cards and models. */
  readonly home: string;
  readonly apiHost: string;
  readonly apiPort: number;
  readonly relay: { readonly host: string; readonly port: number };
  readonly mac: MacProfile;
  readonly variant: SimulatedVariant;
  readonly weights: "complete" | "none";
  readonly internet: "simulated" | "none";
  /** Each so manieth runner of this node hangs; 0 for none. */
  readonly startHangs?: number;
  /** 1 is real time. */
  readonly timeScale: number;
  /** The same for prompts and tokens. */
  readonly tokenScale: number;
}

/** The profile was written by this program; only its outline is checked. */
const profile: Check = (value, loc) =>
  isRecord(value) &&
  typeof value.name === "string" &&
  typeof value.memoryBytes === "number" &&
  Array.isArray(value.links)
    ? anything(value, loc)
    : bad("value_error", loc, "Value error, not a Mac profile", value);

const check = object({
  home: required(text),
  apiHost: optional(text, "127.0.0.1"),
  apiPort: required(integer({ atLeast: 0 })),
  relay: required(object({ host: required(text), port: required(integer({ above: 0 })) })),
  mac: required(profile),
  variant: optional(word(...simulatedVariants), "1.0.71"),
  weights: optional(word("complete", "none"), "complete"),
  internet: optional(word("simulated", "none"), "simulated"),
  startHangs: optional(integer({ atLeast: 0 }), 0),
  timeScale: required(float),
  tokenScale: required(float),
});

/** Parses the text of a settings file. @throws TypeError that names what is wrong */
export function parseSimulatedExoSettings(json: string): SimulatedExoSettings {
  const checked = check(JSON.parse(json), []);
  if (checked.ok) return checked.value as SimulatedExoSettings;
  throw new TypeError(checked.complaints.map(({ loc, msg }) => `${loc.join(".")}: ${msg}`).join("; "));
}
