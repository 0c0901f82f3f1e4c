import { isLoopback } from "./exo-draft.js";
import { counts } from "./exo-groups.js";
import type { FoundExo } from "./found-exo.js";
import { isOrAre, listNames, type Separation } from "./separation.js";

const namesOf = (exos: readonly FoundExo[]): readonly string[] => exos.map((exo) => exo.name);

/** exos that are there and whose HTTP API answers nowhere. Others never reach them, and exoctl cannot drive them. */
function withoutApi(exos: readonly FoundExo[]): readonly Separation[] {
  // Of an exo that only its hello showed, no address is known at which its API could answer.
  const silent = exos.filter((exo) => exo.api.length === 0 && exo.nodeId !== undefined);
  if (silent.length === 0) return [];
  const names = namesOf(silent);
  return [
    {
      code: "no-api",
      exos: names,
      message: `the HTTP API of ${listNames(names)} does not answer: exo runs there with --no-api, with another --api-port, or behind a firewall`,
      fix: "Start exo without --no-api and with the same --api-port everywhere; if it has another one on purpose, name it: --exo HOST:PORT.",
    },
  ];
}

/** An API, or an address for peers, that only its own machine reaches. */
function onLoopbackOnly(exos: readonly FoundExo[]): readonly Separation[] {
  const local = exos.filter((exo) => {
    const onlyApi =
      exo.foundBy.includes("this-machine") && exo.api.length > 0 && exo.api.every(({ host }) => isLoopback(host));
    const onlyPeers = exo.endpoints.length > 0 && exo.endpoints.every(({ host }) => isLoopback(host));
    return onlyApi || onlyPeers;
  });
  if (local.length === 0) return [];
  const names = namesOf(local);
  return [
    {
      code: "loopback-only",
      exos: names,
      message: `${listNames(names)} ${isOrAre(names)} reached on 127.0.0.1 only: no other machine can`,
      fix: "Connect that machine to the network of the others, and check that its firewall lets exo in.",
    },
  ];
}

/** exo probes its peers on its own API port (1.0.70 and newer; older ones on 52415 whatever they use themselves). */
function differentPorts(exos: readonly FoundExo[]): readonly Separation[] {
  const ports = new Map<number, FoundExo[]>();
  for (const exo of exos.filter((candidate) => candidate.generation === "1.x")) {
    const port = exo.api[0]?.port;
    if (port !== undefined) ports.set(port, [...(ports.get(port) ?? []), exo]);
  }
  if (ports.size < 2) return [];
  const parts = [...ports].map(([port, list]) => `${port} on ${listNames(namesOf(list))}`);
  return [
    {
      code: "api-ports",
      exos: namesOf([...ports.values()].flat()),
      message: `the API ports differ: ${parts.join("; ")}. exo looks for its peers on its own port, so these find no way to each other`,
      fix: "Start exo with the same --api-port everywhere.",
    },
  ];
}

/** Members of one cluster of which one does not know the other. */
function oneSided(group: readonly FoundExo[]): readonly Separation[] {
  return group.flatMap((exo) => {
    const lacking = group.filter(
      (other) =>
        other !== exo &&
        exo.generation === "1.x" &&
        exo.members !== undefined &&
        other.members !== undefined &&
        !counts(exo, other),
    );
    if (lacking.length === 0) return [];
    const names = namesOf(lacking);
    return [
      {
        code: "one-sided" as const,
        exos: [exo.name, ...names],
        message: `the topology of ${exo.name} lacks ${listNames(names)}, though both answer`,
        fix: `Wait half a minute for a node that has just started; if it stays so, restart exo on ${exo.name}.`,
      },
    ];
  });
}

const reaches = (left: FoundExo, right: FoundExo): boolean =>
  right.nodeId !== undefined && left.reached.includes(right.nodeId);

/** Members of one cluster of which none has reached the other: exo places nothing across them. */
function unconnected(group: readonly FoundExo[]): readonly Separation[] {
  // Connections of exo before 1.0.68 are not read; other API ports are a reason of their own.
  const known = group.filter((exo) => exo.variant !== undefined && exo.members !== undefined);
  return known.flatMap((exo, index) => {
    const alone = known
      .slice(index + 1)
      .filter((other) => counts(exo, other) && counts(other, exo) && exo.api[0]?.port === other.api[0]?.port)
      .filter((other) => !reaches(exo, other) && !reaches(other, exo));
    if (alone.length === 0) return [];
    const names = namesOf(alone);
    return [
      {
        code: "no-connection" as const,
        exos: [exo.name, ...names],
        message: `${exo.name} and ${listNames(names)} are members of one cluster, and neither has reached the API of the other`,
        fix: `Let TCP port ${exo.api[0]?.port ?? 52_415} through between them, and check that they share a network.`,
      },
    ];
  });
}

/** What is wrong with exos by themselves or inside one cluster. */
export function explainSingles(
  exos: readonly FoundExo[],
  groups: readonly (readonly FoundExo[])[],
): readonly Separation[] {
  return [
    ...withoutApi(exos),
    ...onLoopbackOnly(exos),
    ...differentPorts(exos),
    ...groups.flatMap(oneSided),
    ...groups.flatMap(unconnected),
  ];
}
