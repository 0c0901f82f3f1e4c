import type { ExoMaterial, Probed } from "./find-exos.js";
import type { ExoFindings, FoundExo, Unanswered } from "./found-exo.js";
import { gatherClassic } from "./gather-classic.js";
import { gatherModern } from "./gather-modern.js";

/** Puts together what was seen and answered: one entry for each exo, however many addresses and methods showed it. */
export function gatherExos(material: ExoMaterial): ExoFindings {
  const modern = gatherModern(material);
  const exos = [...modern.exos, ...gatherClassic(material)];
  return {
    exos: withOwnNames(exos),
    strangers: modern.strangers,
    unanswered: material.probed.flatMap(unansweredBy),
    troubles: material.troubles,
  };
}

/** Of hosts that were only guessed at, silence is no news. */
function unansweredBy({ target, foundBy, result }: Probed): readonly Unanswered[] {
  if (!foundBy.has("option")) return [];
  if (result.kind === "silent") return [{ target, reason: result.reason }];
  return result.kind === "other" ? [{ target, reason: "other" }] : [];
}

/** Names are what problems refer to, and two Macs may have the same. */
function withOwnNames(exos: readonly FoundExo[]): readonly FoundExo[] {
  const taken = new Map<string, number>();
  for (const { name } of exos) taken.set(name, (taken.get(name) ?? 0) + 1);
  const used = new Set<string>();
  return exos.map((exo, index) => {
    const where = exo.api[0]?.host ?? exo.addresses[0] ?? exo.nodeId?.slice(0, 16) ?? String(index + 1);
    let name = taken.get(exo.name) === 1 || exo.name === where ? exo.name : `${exo.name} (${where})`;
    if (used.has(name)) name = `${name} #${index + 1}`;
    used.add(name);
    return { ...exo, name };
  });
}
