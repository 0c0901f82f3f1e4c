import type { BundleReport } from "../../agent/bundle/bundle-report.js";
import { sizeText } from "./amounts.js";
import { bullet, type Page } from "./page.js";

/** What `exoctl model sync --offline` prints. */
export function renderBundle(report: BundleReport, direction: "export" | "import", page: Page): readonly string[] {
  const { outcome, model, folder, files, bytes, manifest } = report;
  const { green, cyan } = page.colors;
  const what = `${model}, ${files} files, ${sizeText(bytes)}`;
  const heads = {
    exported: `${what}: written to ${folder} and read back`,
    imported: `${what}: put into ${folder} and read back`,
    unchanged: `${what}: all there in ${folder}, and every byte is right`,
  } as const;
  const next =
    direction === "export"
      ? `Carry the folder to the other Mac and run there: exoctl model sync ${model} --offline --import DIR`
      : `Do the same on every Mac of the cluster; exo wants all files on each of them. Then \`exoctl run\` or \`exoctl apply\` as usual.`;
  return [
    ...bullet(`${green("✓")} `, heads[outcome], page),
    ...bullet("  ", `SHA-256 of manifest.json: ${manifest}`, page),
    "",
    ...bullet(`${cyan("→")} `, next, page),
  ];
}
