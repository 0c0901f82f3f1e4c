import type { Finding } from "../../cluster/classic-finding.js";
import type { ClassicRefusal } from "../../cluster/classic-refusal.js";
import type { ClassicAddReport, ClassicRemoveReport } from "../../cluster/classic-report.js";
import { bullet, type Page, plainText } from "./page.js";

/** What `exoctl model add --classic` prints: what was done, why not, the change, and what the recipe's faults mean here. */
export function renderClassicAdd(report: ClassicAddReport, accepted: readonly string[], page: Page): readonly string[] {
  const { findings, diff, refusals } = report;
  const rows = findings.flatMap((finding) => findingLines(finding, accepted, page));
  return [
    ...addHead(report, page),
    ...refusals.flatMap((refusal) => refusalLines(refusal, page)),
    ...(rows.length === 0 ? [] : ["", ...rows]),
    ...(diff.length === 0 ? [] : ["", ...diffLines(diff, page)]),
    ...nextSteps(report, page),
  ];
}

function addHead({ outcome, entry, file, backup }: ClassicAddReport, page: Page): readonly string[] {
  const { red, green, yellow } = page.colors;
  const copy = backup === undefined ? "" : `; the file from before is kept as ${backup}`;
  switch (outcome) {
    case "added":
    case "replaced":
      return bullet(`${green("✓")} `, `${entry.id} was ${outcome} in ${file}${copy}`, page);
    case "unchanged":
      return bullet(`${green("✓")} `, `${file} has ${entry.id} just so; nothing was changed`, page);
    case "would-write":
      return bullet(`${yellow("·")} `, `${entry.id} would be written into ${file}; nothing was changed`, page);
    case "differs":
      return bullet(
        `${red("✗")} `,
        `${file} says something else about ${entry.id}; nothing was changed. --replace would do this:`,
        page,
      );
    case "blocked":
      return bullet(`${red("✗")} `, `${entry.id} would not work with this exo; nothing was changed`, page);
    case "refused":
      return bullet(`${red("✗")} `, `${file} was left as it is`, page);
    default:
      return outcome satisfies never;
  }
}

/** What `exoctl model remove --classic` prints. */
export function renderClassicRemove(
  { outcome, id, file, diff, refusals }: ClassicRemoveReport,
  page: Page,
): readonly string[] {
  const { red, green, yellow } = page.colors;
  const heads = {
    removed: [green("✓"), `${id} was taken out of ${file}, which is now as it was before; restart exo`],
    "would-write": [yellow("·"), `${id} would be taken out of ${file}; nothing was changed`],
    refused: [red("✗"), `${file} was left as it is`],
  } as const;
  const [mark, text] = heads[outcome];
  return [
    ...bullet(`${mark} `, text, page),
    ...refusals.flatMap((refusal) => refusalLines(refusal, page)),
    ...(diff.length === 0 ? [] : ["", ...diffLines(diff, page)]),
  ];
}

export const refusalLines = ({ message, fix }: ClassicRefusal, page: Page): readonly string[] => [
  ...bullet("  ", message, page),
  ...bullet(`  ${page.colors.cyan("→")} `, fix, page),
];

export function findingLines(
  { code, weight, message, fix }: Finding,
  accepted: readonly string[],
  page: Page,
): readonly string[] {
  const { red, yellow, green, dim, cyan } = page.colors;
  const isAccepted = weight === "blocks" && accepted.includes(code);
  const marks = { blocks: isAccepted ? yellow("!") : red("✗"), warns: yellow("!"), handled: green("✓") };
  const head = `${plainText(message)} ${isAccepted ? "(accepted) " : ""}[${code}]`;
  const lines = bullet(`  ${marks[weight]} `, head, page);
  return [...lines, ...bullet(`    ${cyan("→")} `, fix, page).map((line) => (weight === "handled" ? dim(line) : line))];
}

export function diffLines(diff: readonly string[], { colors }: Page): readonly string[] {
  const paints: Readonly<Record<string, (text: string) => string>> = {
    "+": colors.green,
    "-": colors.red,
    "@": colors.cyan,
  };
  // Tabs are part of what is shown; everything else that could move the cursor is not.
  return diff.map((line) => {
    const shown = line.split("\t").map(plainText).join("\t");
    return (paints[line[0] ?? ""] ?? String)(shown);
  });
}

function nextSteps({ outcome, entry, refusals }: ClassicAddReport, page: Page): readonly string[] {
  if (outcome === "blocked")
    return ["", ...bullet(`${page.colors.cyan("→")} `, "Mend these, or take them on with --accept CODE,CODE.", page)];
  if (outcome === "differs" || outcome === "refused" || refusals.length > 0) return [];
  const folder = entry.repo.replaceAll("/", "--");
  const steps = `Do the same on every node of this cluster, put the model's files into <EXO_HOME>/downloads/${folder} there, restart exo everywhere, and look for ${entry.id} in GET /v1/models.`;
  return ["", ...bullet(`${page.colors.cyan("→")} `, steps, page)];
}
