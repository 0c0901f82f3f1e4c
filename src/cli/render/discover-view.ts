import type { DiscoveredHost } from "../../controller/status-report.js";
import { bullet, type Page } from "./page.js";
import { tableLines } from "./table.js";

/** On narrower pages the room is for the reasons. */
const leastWidthForExo = 80;

/** What `exoctl discover` prints: one line for each machine, and why exos are not in one cluster. */
export function renderDiscovered(hosts: readonly DiscoveredHost[], page: Page): readonly string[] {
  const { colors } = page;
  if (hosts.length === 0) {
    const hint = "Start `exoctl agent` on each Mac, or list their addresses under discovery.hosts.";
    return ["Nobody was found.", ...bullet("  ", hint, page)];
  }
  const exos = page.width >= leastWidthForExo && hosts.some((host) => host.generation !== undefined);
  const rows = hosts.map((host) => [
    { text: host.name },
    { text: host.kind },
    { text: host.address },
    ...(exos ? [{ text: exoText(host) }] : []),
    host.usable ? { text: "yes", paint: colors.green } : { text: "no", paint: colors.red },
    { text: host.why },
  ]);
  const head = ["NAME", "KIND", "ADDRESS", ...(exos ? ["EXO"] : []), "USABLE", "WHY"];
  return [...tableLines(head, rows, page), ...problemLines(hosts, page)];
}

/** `1.0.71`, or what little is known. */
const exoText = ({ variant, generation }: DiscoveredHost): string => variant ?? generation ?? "-";

/** Each problem once, with what mends it below. */
function problemLines(hosts: readonly DiscoveredHost[], page: Page): readonly string[] {
  const all = hosts.flatMap((host) => host.problems ?? []);
  const problems = new Map(all.map((problem) => [JSON.stringify(problem), problem]));
  if (problems.size === 0) return [];
  const lines = [...problems.values()].flatMap(({ message, fix }) => [
    ...bullet(`${page.colors.yellow("!")} `, message, page),
    ...bullet("  → ", fix, page),
  ]);
  return ["", "Why exos are apart:", ...lines];
}
