import { groupExos } from "./exo-groups.js";
import { explainClassicApart } from "./explain-classic.js";
import { explainModernApart, type Looked, transportOf } from "./explain-modern.js";
import { explainSingles } from "./explain-single.js";
import type { FoundExo } from "./found-exo.js";
import { listNames, type Separation } from "./separation.js";

/** With more clusters than this on one network, every further pair says the same again. */
const mostGroups = 8;

function differentGenerations(exos: readonly FoundExo[]): readonly Separation[] {
  const names = (generation: FoundExo["generation"]): readonly string[] =>
    exos.filter((exo) => exo.generation === generation).map((exo) => exo.name);
  const [classic, modern] = [names("0.0.x"), names("1.x")];
  if (classic.length === 0 || modern.length === 0) return [];
  return [
    {
      code: "generations",
      exos: [...classic, ...modern],
      message: `exo 0.0.x (${listNames(classic)}) and exo 1.x (${listNames(modern)}) have nothing in common but the name`,
      fix: "Install the same version of exo on all of them; gpt-oss-120b needs 1.x.",
    },
  ];
}

function differentTransports(exos: readonly FoundExo[]): readonly Separation[] {
  const names = (transport: FoundExo["transport"]): readonly string[] =>
    exos.filter((exo) => exo.transport === transport).map((exo) => exo.name);
  const [older, newer] = [names("libp2p"), names("zenoh")];
  if (older.length === 0 || newer.length === 0) return [];
  return [
    {
      code: "transports",
      exos: [...older, ...newer],
      message: `exo up to 1.0.71 (libp2p: ${listNames(older)}) and newer exo (zenoh: ${listNames(newer)}) cannot talk to each other`,
      fix: "Install the same version of exo on all of them.",
    },
  ];
}

/** Each cluster with the first one of its kind that it could be part of: with three apart, two sentences say it. */
function pairs(groups: readonly (readonly FoundExo[])[]): readonly (readonly (readonly FoundExo[])[])[] {
  const kinds = groups.slice(0, mostGroups);
  return kinds.flatMap((right, index) =>
    kinds
      .slice(0, index)
      .filter((left) => transportOf(left) === transportOf(right))
      .slice(0, 1)
      .map((left) => [left, right]),
  );
}

/**
 * Why exos that run do not form one cluster, each reason once, with what mends it. Empty when all see each other.
 *
 * @param looked which methods were used: only then does silence mean something
 */
export function explainSeparation(exos: readonly FoundExo[], looked: Looked): readonly Separation[] {
  const groups = groupExos(exos);
  // An exo without an API does not tell whom it sees; that is its reason.
  const telling = groups.filter((group) => group.some((exo) => exo.api.length > 0 || exo.namespace !== undefined));
  const apart = pairs(telling).flatMap(([left = [], right = []]) =>
    transportOf(left) === "grpc"
      ? explainClassicApart(left, right, looked.udpPorts)
      : explainModernApart(left, right, looked),
  );
  return [...differentGenerations(exos), ...differentTransports(exos), ...apart, ...explainSingles(exos, groups)];
}
