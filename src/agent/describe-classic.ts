import type { Finding } from "../cluster/classic-finding.js";
import type { ClassicDescription } from "../cluster/classic-report.js";
import type { ClassicFiles } from "../register/classic/classic-files.js";
import { digestOf, madeEdits } from "../register/classic/edit-history.js";
import type { ClassicInstallation } from "../register/classic/installation.js";
import { findModelFaults } from "../register/classic/model-faults.js";
import { readEntries } from "../register/classic/read-entries.js";
import { usualFiles } from "../register/classic/usual-files.js";

/**
 * What the registry of an exo 0.0.x holds of ours, and what its engine lacks.
 *
 * @param ids models to report as well, whoever wrote them
 */
export async function describeClassic(files: ClassicFiles, ids: readonly string[]): Promise<ClassicDescription> {
  const { modelsPy, exo, mlx, mlxLm } = files.installation;
  const described = {
    file: modelsPy,
    ...(exo === undefined ? {} : { exo }),
    ...(mlx === undefined ? {} : { mlx }),
    ...(mlxLm === undefined ? {} : { mlxLm }),
    entries: [],
    engineFaults: engineFaults(files.installation),
    refusals: [],
  };
  const current = await files.read();
  if (current.kind === "refused") return { ...described, refusals: current.reasons };
  const digest = digestOf(current.text);
  const ours = new Set(madeEdits(current.history, digest).map(({ id }) => id));
  const found = readEntries(current.text, [...new Set([...ours, ...ids])]);
  if (found.kind === "refused") return { ...described, digest, refusals: found.reasons };
  const entries = found.entries.map((entry) => ({ entry, by: ours.has(entry.id) ? "exoctl" : "others" }) as const);
  return { ...described, digest, entries };
}

/** What the usual conversions of gpt-oss meet on this exo. */
const engineFaults = (installation: ClassicInstallation): readonly Finding[] =>
  findModelFaults({
    entry: { id: "oss", layers: 1, engine: "mlx", repo: "owner/gpt-oss", label: "" },
    model: "gpt-oss",
    installation,
    files: usualFiles("owner/gpt-oss", "gpt-oss"),
    repoFolder: "none",
  });
