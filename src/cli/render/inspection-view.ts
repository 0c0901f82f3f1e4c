import type { Finding, Verdict } from "../../models/inspect/finding.js";
import type { ModelFacts, ModelInspection } from "../../models/inspect/inspection.js";
import type { LayerKind } from "../../models/inspect/layer-kinds.js";
import { countText, sizeText } from "./amounts.js";
import { bullet, type Page, plainText } from "./page.js";
import { tableLines } from "./table.js";

type Row = readonly [name: string, value: string];

const nameWidth = 14;

const rowLines = (rows: readonly Row[], page: Page): readonly string[] =>
  rows.flatMap(([name, value]) => bullet(`  ${name.padEnd(nameWidth)}`, value, page));

function section(title: string, lines: readonly string[], page: Page): readonly string[] {
  return lines.length === 0 ? [] : ["", page.colors.bold(title), ...lines];
}

const verdictWords: Readonly<Record<Verdict, string>> = {
  complete: "● complete",
  incomplete: "◐ incomplete",
  broken: "✗ broken",
  unusable: "✗ whole, but of no use to exo",
};

function verdictLine({ verdict, files }: ModelInspection, { colors }: Page): string {
  const paint = { complete: colors.green, incomplete: colors.yellow, broken: colors.red, unusable: colors.red }[
    verdict
  ];
  const read = `${countText(files.count, "weight file")} read, ${sizeText(files.bytes)}`;
  return `  ${paint(verdictWords[verdict])} · ${read}`;
}

const layoutWords: Readonly<Record<ModelFacts["layout"], string>> = {
  mlx: "MLX",
  "hugging-face": "Hugging Face",
  "hugging-face-mxfp4": "Hugging Face with MXFP4 experts",
  "openai-original": "OpenAI's original",
  unknown: "unknown",
};

const stated = (value: number | null, unit = ""): string => (value === null ? "not stated" : `${value}${unit}`);

function factRows(facts: ModelFacts, { tokenizer, chatTemplate }: ModelInspection): readonly Row[] {
  const { quantization } = facts;
  const named = quantization.name === undefined ? "" : `${quantization.name}: `;
  const experts: readonly Row[] =
    facts.experts === 0 ? [] : [["experts", `${facts.experts}, of which a token meets ${facts.expertsPerToken}`]];
  const window = facts.slidingWindowTokens === null ? "" : `, sliding window ${facts.slidingWindowTokens} tokens`;
  return [
    ["layout", layoutWords[facts.layout]],
    ["quantisation", `${named}${quantization.words}; ${quantization.bitsPerWeight.toFixed(2)} bits a weight`],
    ["parameters", `${(facts.parameters / 1e9).toFixed(2)} billion`],
    ["hidden size", stated(facts.hiddenSize)],
    ...experts,
    ["context", `${stated(facts.contextTokens, " tokens")}${window}`],
    ["KV cache", `${stated(facts.kvBytesPerTokenPerLayer, " bytes")} a token and layer`],
    ["tokenizer", `${tokenizer}, chat template ${chatTemplate}`],
  ];
}

function storedRows({ bytes, head }: ModelFacts): readonly Row[] {
  const layers = bytes.perLayer.reduce((sum, each) => sum + each, 0);
  return [
    [countText(bytes.perLayer.length, "layer"), sizeText(layers)],
    ["embedding", sizeText(bytes.embedding)],
    ["head", head === "tied" ? "tied: the embedding" : sizeText(bytes.head)],
    ["final norm", sizeText(bytes.norm)],
    ...(bytes.other === 0 ? [] : [["other", sizeText(bytes.other)] as const]),
    ["together", `${sizeText(bytes.total)}, exactly ${bytes.total} bytes`],
  ];
}

/** `0-2`, `1, 3 … 35` where every second one is meant, else single ones and ranges. */
function layersOf(layers: readonly number[]): string {
  const [first = 0, second = first] = layers;
  const last = layers.at(-1) ?? first;
  const step = second - first;
  if (layers.length > 3 && step > 1 && layers.every((layer, index) => layer === first + index * step))
    return `${first}, ${second} … ${last}`;
  const ranges: [number, number][] = [];
  for (const layer of layers) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === layer - 1) range[1] = layer;
    else ranges.push([layer, layer]);
  }
  return ranges.map(([start, end]) => (start === end ? `${start}` : `${start}-${end}`)).join(", ");
}

function kindLines(kinds: readonly LayerKind[], page: Page): readonly string[] {
  const rows = kinds.map((kind) => [
    { text: `${kind.layers.length}` },
    { text: plainText(kind.attention.replace(/_attention$/, "")) },
    { text: `${kind.bytes}` },
    { text: `${kind.denseBytes}` },
    { text: `${kind.expertsBytes}` },
    { text: layersOf(kind.layers) },
  ]);
  const head = ["COUNT", "ATTENTION", "BYTES EACH", "READ BY EVERY TOKEN", "EXPERTS", "LAYERS"];
  return tableLines(head, rows, page).map((line) => `  ${line}`);
}

function waysText(ways: readonly number[] | null): string {
  if (ways === null) return "offered for this architecture";
  if (ways.length === 0) return "offered, but there is no way to divide these weights that is known to work";
  return `offered, in ${ways.join(" or ")} parts`;
}

function exoRows({ exo }: ModelInspection): readonly Row[] {
  const { card, tensor } = exo;
  const facts =
    card === null
      ? "none: the weights are not whole, or of no use to exo"
      : `${card.nLayers} layers, hidden size ${card.hiddenSize}, ${stated(card.numKeyValueHeads)} KV heads, context ${stated(card.contextLength)}, ${card.storageSizeInBytes} bytes, supports_tensor ${card.supportsTensor}`;
  return [
    ["complete", exo.complete ? "yes: an index and all files that it names" : `no: ${exo.whyNotComplete}`],
    ["pipeline", "any cut between layers"],
    ["tensor", tensor.offered ? waysText(tensor.ways) : "not offered for this architecture"],
    ["card", facts],
    ["models/add", exo.addsOffline ? "works without a network" : "needs Hugging Face: no size in the index"],
  ];
}

function findingLines(findings: readonly Finding[], page: Page): readonly string[] {
  const { colors } = page;
  const signs = {
    broken: colors.red("✗"),
    incomplete: colors.yellow("◐"),
    unusable: colors.red("✗"),
    warning: colors.yellow("▲"),
    note: "·",
  };
  return findings.flatMap(({ severity, file, message, fix }) => [
    ...bullet(`  ${signs[severity]} `, plainText(file === undefined ? message : `${file}: ${message}`), page),
    ...(fix === undefined ? [] : bullet(`    ${colors.cyan("→")} `, fix, page)),
  ]);
}

/** Of weights that are not whole, sums over layers would only mislead. */
function factLines(facts: ModelFacts, inspection: ModelInspection, page: Page): readonly string[] {
  const model = section("Model", rowLines(factRows(facts, inspection), page), page);
  if (inspection.files.state === "partial") return model;
  return [
    ...model,
    ...section("Stored", rowLines(storedRows(facts), page), page),
    ...section("Layers", kindLines(facts.layerKinds, page), page),
  ];
}

/** What `exoctl model inspect` prints. */
export function renderInspection(inspection: ModelInspection, page: Page): readonly string[] {
  const { facts, findings, files } = inspection;
  const architecture = facts?.architecture ?? "unknown architecture";
  const body = facts === null ? [] : factLines(facts, inspection, page);
  const exo = files.count === 0 ? [] : section("What exo 1.x makes of it", rowLines(exoRows(inspection), page), page);
  return [
    `${page.colors.bold(plainText(inspection.name))} · ${plainText(architecture)}`,
    verdictLine(inspection, page),
    ...body,
    ...exo,
    ...section("Findings", findingLines(findings, page), page),
  ];
}
