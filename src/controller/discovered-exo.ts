import type { FoundExo, Libp2pStranger, Unanswered } from "../discover/exo/found-exo.js";
import type { Separation } from "../discover/exo/separation.js";
import { hostAndPort } from "../discover/static-node-finder.js";
import type { DiscoveredHost } from "./status-report.js";

/** Whether a controller is asked, whose nodes have agents, or nobody: then exo's API alone is a way, too. */
export type Asked = "controller" | "nobody";

const namespaceText = ({ namespace }: FoundExo): string | undefined =>
  namespace === undefined ? undefined : namespace.kind === "named" ? namespace.name : `#${namespace.hash}`;

/** What was found out about an exo, as fields beside those that every host has. */
export function exoFields(
  exo: FoundExo,
  separations: readonly Separation[],
): Pick<DiscoveredHost, "generation" | "variant" | "nodeId" | "namespace" | "problems" | "addresses" | "foundBy"> {
  const problems = separations.filter((separation) => separation.exos.includes(exo.name));
  const namespace = namespaceText(exo);
  return {
    generation: exo.generation,
    ...(exo.variant === undefined ? {} : { variant: exo.variant }),
    ...(exo.nodeId === undefined ? {} : { nodeId: exo.nodeId }),
    ...(namespace === undefined ? {} : { namespace }),
    addresses: exo.addresses,
    foundBy: exo.foundBy,
    ...(problems.length === 0 ? {} : { problems }),
  };
}

function standing(exo: FoundExo, asked: Asked): Pick<DiscoveredHost, "usable" | "why"> {
  const [api] = exo.api;
  if (exo.generation === "0.0.x")
    return { usable: false, why: "exo 0.0.x: it cannot serve gpt-oss-120b; install exo 1.x" };
  if (api === undefined) {
    if (exo.nodeId !== undefined) return { usable: false, why: "exo runs there, but its HTTP API does not answer" };
    const where = exo.namespace?.kind === "named" ? `the namespace ${exo.namespace.name}` : "another namespace";
    return { usable: false, why: `exo after 1.0.71 in ${where}; it does not say where its HTTP API is` };
  }
  if (exo.variant === undefined)
    return { usable: false, why: "exo older than 1.0.68: it can be watched, but its layers cannot be placed" };
  if (asked === "controller")
    return { usable: false, why: `exo ${exo.variant} without an agent: \`exoctl token create\` prints how it joins` };
  return {
    usable: true,
    why: `exo ${exo.variant} without an agent: exoctl up --exo ${hostAndPort(api.host, api.port)} drives it`,
  };
}

/** An exo on a machine of which nothing else is known. */
export function exoHost(exo: FoundExo, separations: readonly Separation[], asked: Asked): DiscoveredHost {
  const [api] = exo.api;
  return {
    name: exo.name,
    address: api === undefined ? (exo.addresses[0] ?? "") : hostAndPort(api.host, api.port),
    kind: "exo",
    ...standing(exo, asked),
    ...exoFields(exo, separations),
  };
}

/** A libp2p program that did not prove to be exo. */
export const strangeLibp2p = ({ address, peerId }: Libp2pStranger): DiscoveredHost => ({
  name: address,
  address,
  kind: "exo",
  usable: false,
  why: "a libp2p program, not known to be exo; exo with --no-api looks the same",
  nodeId: peerId,
  foundBy: ["libp2p-mdns"],
});

const silence: Readonly<Record<Unanswered["reason"], string>> = {
  refused: "nothing listens there: exo does not run, runs with --no-api, or has another --api-port",
  "no-answer": "no answer: the machine is off or asleep, or a firewall drops the packets",
  "no-route": "no way there: another network, or this program lacks Privacy & Security, Local Network on this Mac",
  "no-name": "nobody knows that name",
  other: "something answers there, and it is not exo",
};

/** A host that was named as an exo, and does not answer as one. */
export const unansweredHost = ({ target, reason }: Unanswered): DiscoveredHost => ({
  name: target.host,
  address: hostAndPort(target.host, target.port),
  kind: "exo",
  usable: false,
  why: silence[reason],
  foundBy: ["option"],
});
