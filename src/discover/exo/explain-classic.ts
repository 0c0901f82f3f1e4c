import type { FoundExo } from "./found-exo.js";
import { listNames, type Separation } from "./separation.js";

const samePorts = (left: readonly number[], right: readonly number[]): boolean =>
  left.some((port) => right.includes(port));

const portsOf = (group: readonly FoundExo[]): readonly number[] => [...new Set(group.flatMap((exo) => exo.udpPorts))];

/**
 * Why two rings of exo 0.0.x are not one.
 *
 * @param heardPorts UDP ports that were listened on
 */
export function explainClassicApart(
  left: readonly FoundExo[],
  right: readonly FoundExo[],
  heardPorts: readonly number[],
): readonly Separation[] {
  const exos = [...left, ...right].map((exo) => exo.name);
  const [one, other] = [portsOf(left), portsOf(right)];
  if (one.length > 0 && other.length > 0 && !samePorts(one, other)) {
    const message = `${listNames(left.map((exo) => exo.name))} broadcasts on UDP port ${one.join(", ")}, ${listNames(right.map((exo) => exo.name))} on ${other.join(", ")}`;
    return [
      {
        code: "classic-ports",
        exos,
        message,
        fix: "Start all with the same --listen-port and --broadcast-port (5678 unless told otherwise).",
      },
    ];
  }
  const silent = [...left, ...right].filter((exo) => exo.udpPorts.length === 0);
  if (silent.length > 0) {
    const names = listNames(silent.map((exo) => exo.name));
    return [
      {
        code: "classic-silent",
        exos,
        message: `nothing of ${names} was heard on UDP port ${heardPorts.join(", ")}: it finds peers in another way (a file, Tailscale), uses another port, or is on another network`,
        fix: "With --discovery-module manual, list every node in the --discovery-config-path file of each; else start all with --discovery-module udp on the same ports and network.",
      },
    ];
  }
  return [
    {
      code: "classic-apart",
      exos,
      message: `${listNames(left.map((exo) => exo.name))} and ${listNames(right.map((exo) => exo.name))} broadcast on the same UDP port and do not list each other`,
      fix: "exo 0.0.x takes every network for a /24 and adds a peer only when its gRPC port answers: check netmask and firewall, and --allowed-node-ids.",
    },
  ];
}
