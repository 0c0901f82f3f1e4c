import type { ConvertSummary } from "../../controller/convert-api.js";
import type { CheckedConversion } from "../../models/convert/conversion.js";
import { sizeText } from "./amounts.js";
import { bullet, type Page, plainText } from "./page.js";

type Row = readonly [name: string, value: string];

const rowLines = (rows: readonly Row[], page: Page): readonly string[] =>
  rows.flatMap(([name, value]) => bullet(`  ${name.padEnd(14)}`, plainText(value), page));

function stepRow(plan: CheckedConversion, index: number): Row {
  const step = plan.steps[index];
  const name = plan.steps.length === 1 ? "runs" : `step ${index + 1}`;
  if (step === undefined) return [name, ""];
  const size = `${step.expected.sureness === "exact" ? "" : "about "}${sizeText(step.expected.bytes)}`;
  return [name, `mlx_lm convert ${step.args.join(" ")}: ${step.into}, ${size}`];
}

function planRows({ plan }: ConvertSummary): readonly Row[] {
  return [
    ...plan.steps.map((_, index) => stepRow(plan, index)),
    ["disk", `needs ${sizeText(plan.needs.diskBytes)}, free ${sizeText(plan.freeDiskBytes)}`],
    ["memory", `needs ${sizeText(plan.needs.memoryBytes)}, free ${sizeText(plan.availableMemoryBytes)}`],
    ["mlx-lm", plan.mlxLmVersion],
  ];
}

function resultRows(result: NonNullable<ConvertSummary["result"]>, quantization: string): readonly Row[] {
  return [
    ["layers", `${result.layers}`],
    ["weights", `${sizeText(result.weightBytes)}, exactly ${result.weightBytes} bytes`],
    ["quantisation", `${quantization}, ${result.bitsPerWeight.toFixed(2)} bits a weight`],
    ["took", `${(result.tookMs / 1_000).toFixed(1)} s`],
  ];
}

/** What `exoctl model convert` prints. */
export function renderConversion(summary: ConvertSummary, page: Page): readonly string[] {
  const { colors } = page;
  const { node, source, target, quantization, result } = summary;
  const arrow = colors.cyan("→");
  if (result === null)
    return [
      ...bullet(`${colors.cyan("•")} `, `${node} can make ${target} (${quantization}) from ${source}`, page),
      ...rowLines(planRows(summary), page),
      ...bullet(`${arrow} `, "Run the command without --dry-run to do it. Nothing has been changed.", page),
    ];
  return [
    ...bullet(`${colors.green("✓")} `, `${target} is on ${node}, whole and inspected`, page),
    ...rowLines(resultRows(result, quantization), page),
    ...bullet(
      `${arrow} `,
      `Bring it to the nodes that shall run it: exoctl model sync ${target}; make it known to exo: exoctl model add ${target}`,
      page,
    ),
  ];
}
