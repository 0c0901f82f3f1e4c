import type { OlderExo } from "../cluster/exo-variant.js";

/** What each of them lacks for an explicit placement. */
const lacks: Readonly<Record<OlderExo, string>> = {
  "1.0.60": "has one list of hosts for all nodes of a ring and keeps its models inside its program",
  "1.0.61 to 1.0.63": "keeps its models inside its program and asks Hugging Face before every placement",
  "1.0.64 to 1.0.67": "keeps its model cards inside its program and cannot cancel an answer",
};

/** Why an older exo is watched and never driven, and what to do. The admin reads it in `status` and `discover`. */
export const whyOnlyWatched = (older: OlderExo): string =>
  `its exo (${older}) ${lacks[older]}, so no entry can be added to it and no layers placed: it is only watched. ` +
  "Install exo 1.0.68 or newer on it";
