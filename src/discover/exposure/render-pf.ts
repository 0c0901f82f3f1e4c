import { isIP, isIPv4 } from "node:net";
import { exoPorts } from "./exo-ports.js";

/** Somebody who may reach exo on the nodes. */
export interface AllowedSource {
  /** An address or a network, such as `10.0.0.0/28`. */
  readonly address: string;
  /** Who that is and who says so, for whoever reviews the file. */
  readonly note: string;
}

const anchor = "org.exoctl";
const portList = `{ ${exoPorts
  .map(({ port }) => port)
  .toSorted()
  .join(", ")} }`;
const oneLine = (text: string): string => text.replace(/[^\x20-\x7e]+/g, "?");

const head = `# exo answers whoever reaches it. These rules leave its ports (${portList.slice(2, -2)}) open to the cluster alone.
# exoctl has not applied them and never does. Read them, take out what you do not know, then on every Mac of the cluster:
#
#   sudo cp exoctl.pf /etc/pf.anchors/${anchor}
#   sudo cp /etc/pf.conf /etc/pf.conf.before-exoctl
#   printf 'anchor "${anchor}"\\nload anchor "${anchor}" from "/etc/pf.anchors/${anchor}"\\n' | sudo tee -a /etc/pf.conf
#   sudo pfctl -nf /etc/pf.conf        # checks, changes nothing
#   sudo pfctl -E -f /etc/pf.conf      # loads
#   sudo pfctl -a ${anchor} -s rules   # shows what is in force
#
# Undo: sudo cp /etc/pf.conf.before-exoctl /etc/pf.conf && sudo pfctl -f /etc/pf.conf
# An update of macOS may put /etc/pf.conf back: check again after each with \`exoctl firewall check\` from outside.
# Not in here: the ports between exo's ranks, drawn from 49152 to 65535 for every instance. Only a network of its own closes those.`;

function passFrom({ address, note }: AllowedSource): readonly string[] {
  const [, host = "", bits = ""] = /^([^%/]*)(?:%[^/]*)?(\/\d{1,3})?$/.exec(address) ?? [];
  if (isIP(host) === 0) throw new RangeError(`${address} is not an address`);
  const family = isIPv4(host) ? "inet" : "inet6";
  return [
    `# ${oneLine(note)}`,
    `pass in quick ${family} proto { tcp, udp } from ${host}${bits} to any port ${portList}`,
  ];
}

/**
 * A packet filter file for macOS (pf.conf(5)), to be reviewed. Later rules do not undo \`quick\` ones, so that it can stand after
 * whatever is there.
 *
 * @param allowed nodes, the controller, and whoever else has to reach exo
 * @throws RangeError for what is not an address: nothing else may get into a rule
 */
export function renderPf(allowed: readonly AllowedSource[]): string {
  const byAddress = new Map(allowed.map((source) => [source.address, source]));
  return `${[
    head,
    "",
    "pass in quick on lo0",
    ...[...byAddress.values()].flatMap(passFrom),
    "# Neighbours on the same cable or network: exo after 1.0.71 finds its peers over IPv6 there. With people on that network, narrow",
    "# it to the cluster's interfaces, such as: pass in quick on en0 inet6 ...",
    `pass in quick inet6 proto { tcp, udp } from fe80::/10 to any port ${portList}`,
    `block drop in quick proto { tcp, udp } from any to any port ${portList}`,
  ].join("\n")}\n`;
}
