import type { DiscoveredHost } from "../../controller/status-report.js";
import { bullet, type Page } from "./page.js";
import { tableLines } from "./table.js";

/** What `exoctl discover` prints: one line for each machine, and why it is or is not usable. */
export function renderDiscovered(hosts: readonly DiscoveredHost[], page: Page): readonly string[] {
  const { colors } = page;
  if (hosts.length === 0) {
    const hint = "Start `exoctl agent` on each Mac, or list their addresses under discovery.hosts.";
    return ["Nobody was found.", ...bullet("  ", hint, page)];
  }
  const rows = hosts.map(({ name, address, kind, usable, why }) => [
    { text: name },
    { text: kind },
    { text: address },
    usable ? { text: "yes", paint: colors.green } : { text: "no", paint: colors.red },
    { text: why },
  ]);
  return tableLines(["NAME", "KIND", "ADDRESS", "USABLE", "WHY"], rows, page);
}
