import type { Colors } from "picocolors/types.js";
import type { HostExposure, PortFinding } from "../../discover/exposure/judge-exposure.js";
import { bullet, type Page, plainText } from "./page.js";
import { tableLines } from "./table.js";

const vantageTexts = { self: "this machine", inside: "same network", outside: "outside" } as const;

const paintOf = ({ verdict }: PortFinding, colors: Colors): ((text: string) => string) =>
  ({ exposed: colors.red, closed: colors.green, unproven: (text: string) => text })[verdict];

/** What `exoctl firewall check` prints: what each port did, and what that means. */
export function renderExposure(hosts: readonly HostExposure[], page: Page): readonly string[] {
  const { colors } = page;
  const ports = hosts[0]?.ports ?? [];
  const head = ["NODE", "ADDRESS", "SEEN FROM", ...ports.map(({ port, protocol }) => `${port}/${protocol}`)];
  const rows = hosts.map(({ name, address, vantage, ports: found }) => [
    { text: plainText(name) },
    { text: address },
    { text: vantageTexts[vantage] },
    ...found.map((finding) => ({ text: finding.state, paint: paintOf(finding, colors) })),
  ]);
  const warnings = hosts.flatMap(({ address, warning }) => (warning === undefined ? [] : [`${address}: ${warning}`]));
  return [
    ...tableLines(head, rows, page),
    "",
    ...warnings.flatMap((text) => bullet(`${colors.yellow("!")} `, text, page)),
    ...conclusion(hosts).flatMap(([marker, text]) => bullet(`${marker} `, text, page)),
  ];
}

/** What has been shown, and what has not. */
function conclusion(hosts: readonly HostExposure[]): readonly (readonly [string, string])[] {
  const outside = hosts.filter(({ vantage }) => vantage === "outside");
  const exposed = outside.filter(({ ports }) => ports.some(({ verdict }) => verdict === "exposed"));
  if (exposed.length > 0) {
    const where = exposed.map(({ address }) => address).join(", ");
    return [
      [
        "✗",
        `${where}: whoever reaches these ports can use, stop and replace what exo runs there. They are open to this machine, which is outside the nodes' network.`,
      ],
      ["→", "exoctl firewall pf prints a packet filter file for the Macs. A network of their own does the same."],
    ];
  }
  if (outside.length < hosts.length)
    return [
      [
        "·",
        "From inside the nodes' network exo's ports have to be open, so this proves nothing about the outside. Run it on a machine elsewhere: exoctl firewall check ADDRESS ...",
      ],
    ];
  return [
    [
      "✓",
      "Not reachable from this machine, which is outside the nodes' network. UDP that stays silent proves nothing: a filter and an exo that answers nobody look alike.",
    ],
  ];
}
