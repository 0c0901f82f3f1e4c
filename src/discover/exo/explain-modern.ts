import type { FoundExo, FoundNamespace } from "./found-exo.js";
import { sameNamespace } from "./gather-hellos.js";
import { listNames, type Separation } from "./separation.js";

/** How exos were looked for: silence of a method that was not used says nothing. */
export interface Looked {
  /** `deep`: hellos over IPv6 were listened to. */
  readonly depth: "plain" | "deep";
  /** UDP ports on which broadcasts of 0.0.x were listened to. */
  readonly udpPorts: readonly number[];
}

const namesOf = (exos: readonly FoundExo[]): string => listNames(exos.map((exo) => exo.name));

/** How a cluster talks: all of its members alike. */
export const transportOf = (group: readonly FoundExo[]): FoundExo["transport"] =>
  group.find((exo) => exo.transport !== undefined)?.transport;

const namespaceText = (namespace: FoundNamespace): string =>
  namespace.kind === "named" ? JSON.stringify(namespace.name) : `one that is not known here (${namespace.hash})`;

/** What one group speaks: all members of a group have the same namespace, so one that is known is enough. */
const namespaceOf = (group: readonly FoundExo[]): FoundNamespace | undefined =>
  group.find((exo) => exo.namespace !== undefined)?.namespace;

/** Whether the interfaces on which others reach its API have IPv4 only. Nothing told means nothing known. */
function lacksIpv6({ api, interfaces }: FoundExo): boolean {
  const shared = interfaces.filter(({ ip }) => api.some(({ host }) => host === ip)).map(({ name }) => name);
  return (
    shared.length > 0 && !interfaces.some(({ name, ip }) => shared.includes(name) && ip.includes(":") && ip !== "::1")
  );
}

function explainZenohApart(left: readonly FoundExo[], right: readonly FoundExo[], looked: Looked): Separation {
  const exos = [...left, ...right].map((exo) => exo.name);
  const pair = `${namesOf(left)} and ${namesOf(right)}`;
  const [one, other] = [namespaceOf(left), namespaceOf(right)];
  if (one !== undefined && other !== undefined && !sameNamespace(one, other))
    return {
      code: "namespaces",
      exos,
      message: `${namesOf(left)} speaks the namespace ${namespaceText(one)}, ${namesOf(right)} ${namespaceText(other)}`,
      fix: "Start exo with the same --namespace everywhere, or nowhere with one. EXO_ZENOH_NAMESPACE has no effect.",
    };
  const deaf = [...left, ...right].filter(lacksIpv6);
  if (deaf.length > 0)
    return {
      code: "no-ipv6",
      exos,
      message: `${namesOf(deaf)} has no IPv6 address on the interface of its API, and exo after 1.0.71 finds peers over IPv6 only`,
      fix: "Set IPv6 to Automatically or Link-local only in System Settings, Network, for the interface that the Macs share.",
    };
  if (looked.depth === "plain")
    return {
      code: "namespace-unknown",
      exos,
      message: `${pair} answer and are not in one cluster; their namespaces were not looked at`,
      fix: "Run exoctl discover --deep, with --namespace NAME where one is used, to see which namespace each speaks.",
    };
  const unheard = [...left, ...right].filter((exo) => exo.namespace === undefined);
  if (unheard.length > 0)
    return {
      code: "no-hello",
      exos,
      message: `no hello of ${namesOf(unheard)} arrived here over IPv6: it is on another network, speaks a namespace that was not asked for, or its packets are held back`,
      fix: "Put the Macs on one network, allow IPv6 multicast on the switch and UDP 52413 in the firewall, and allow exo in Privacy & Security, Local Network.",
    };
  return {
    code: "zenoh-apart",
    exos,
    message: `${pair} speak the same namespace and are not in one cluster`,
    fix: "Allow UDP 52413 and TCP 52414 over IPv6 between them and exo in Privacy & Security, Local Network; then restart exo on one of them.",
  };
}

/** Why two clusters of exo 1.x with the same transport are not one. */
export function explainModernApart(
  left: readonly FoundExo[],
  right: readonly FoundExo[],
  looked: Looked,
): readonly Separation[] {
  switch (transportOf(left)) {
    case "zenoh":
      return [explainZenohApart(left, right, looked)];
    case "libp2p":
      return [
        {
          code: "libp2p-apart",
          exos: [...left, ...right].map((exo) => exo.name),
          message: `${namesOf(left)} and ${namesOf(right)} answer and are not in one cluster: other namespaces, or a network that keeps them apart. The namespace of exo up to 1.0.71 cannot be seen from outside`,
          fix: "Set the same EXO_LIBP2P_NAMESPACE on all, or on none, and restart exo; else allow UDP 5353 multicast and exo in Privacy & Security, Local Network.",
        },
      ];
    default:
      return [];
  }
}
