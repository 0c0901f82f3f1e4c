import type { Formatter } from "picocolors/types.js";
import type { StageStatus } from "../../controller/status-report.js";
import { bandText, countText, gib, layersText, rateText } from "./amounts.js";
import { fitText, type Page, padText, plainText, textWidth } from "./page.js";

/** Which node holds which layers of one model, and what it takes of their memory. */
export interface LayerMap {
  readonly model: string;
  /** All layers of the model; those that no stage covers are drawn as missing. */
  readonly layers: number;
  /** By rank. Without memory figures no bar is drawn. */
  readonly stages: readonly StageStatus[];
  readonly predicted?: { readonly decodeTokensPerSec: number; readonly errorBand: number } | null;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const letterOf = (index: number): string => letters[index % letters.length] ?? "?";

/** A colour for text and its background, both told apart on dark and on light terminals. */
function paintsOf(index: number, page: Page): { readonly cell: Formatter; readonly ink: Formatter } {
  const { colors } = page;
  const inks = [colors.cyan, colors.magenta, colors.yellow, colors.green, colors.blue, colors.red];
  const grounds = [colors.bgCyan, colors.bgMagenta, colors.bgYellow, colors.bgGreen, colors.bgBlue, colors.bgRed];
  const ground = grounds[index % grounds.length] ?? String;
  return { ink: inks[index % inks.length] ?? String, cell: (text) => ground(colors.black(text)) };
}

const indent = "  ";
const widestCell = 3;
const missing = "-";

/** Index of the stage that holds a layer; -1 where none does. */
const stageOf = (layer: number, map: LayerMap): number =>
  map.stages.findIndex(({ startLayer, endLayer }) => layer >= startLayer && layer < endLayer);

/** Rows of cells, one for each layer, and under each row the numbers of the layers where a stage begins. */
function cellRows(map: LayerMap, page: Page): readonly string[] {
  const room = Math.max(10, page.width - indent.length);
  const cell = Math.max(1, Math.min(widestCell, Math.floor(room / map.layers)));
  const perRow = Math.floor(room / cell);
  const rows = Math.ceil(map.layers / perRow);
  return Array.from({ length: rows }, (_, row) => {
    const first = row * perRow;
    const layers = Array.from({ length: Math.min(perRow, map.layers - first) }, (_, index) => first + index);
    return [indent + paintRow(layers, map, cell, page), indent + ruler(layers, map, cell, page)];
  }).flat();
}

/** Neighbouring cells of one stage are painted in one go, so that they join into a block. */
function paintRow(layers: readonly number[], map: LayerMap, cell: number, page: Page): string {
  const runs: { readonly stage: number; length: number }[] = [];
  for (const stage of layers.map((layer) => stageOf(layer, map))) {
    const run = runs.at(-1);
    if (run?.stage === stage) run.length += 1;
    else runs.push({ stage, length: 1 });
  }
  const painted = runs.map(({ stage, length }) => {
    const text = padText(stage < 0 ? missing : letterOf(stage), cell).repeat(length);
    return stage < 0 ? page.colors.red(text) : paintsOf(stage, page).cell(text);
  });
  return painted.join("").trimEnd();
}

function ruler(layers: readonly number[], map: LayerMap, cell: number, page: Page): string {
  let line = "";
  const last = map.layers - 1;
  for (const [index, layer] of layers.entries()) {
    const begins = map.stages.some(({ startLayer }) => startLayer === layer) || layer === last || index === 0;
    const at = index * cell;
    const fits = (line === "" || line.length < at) && at + String(layer).length <= page.width - indent.length;
    if (begins && fits) line = line.padEnd(at) + layer;
  }
  return page.colors.dim(line);
}

type Part = readonly [bytes: number, glyph: string];

/** `[██▓▒░ ··]`: parts of a budget in proportion. Rounding is cumulative, so the bar never exceeds its width. */
function memoryBar(parts: readonly Part[], budgetBytes: number, width: number): string {
  let filled = 0;
  let bytes = 0;
  const cells = parts.map(([size, glyph]) => {
    bytes += size;
    const upTo = Math.min(width, Math.round((bytes / budgetBytes) * width));
    const text = glyph.repeat(Math.max(0, upTo - filled));
    filled = Math.max(filled, upTo);
    return text;
  });
  return cells.join("") + "·".repeat(width - filled);
}

const legend = ["█ weights", "▓ KV cache", "▒ embedding and head", "░ reserve", "· free"];

/** The legend in as many lines as the page needs; an entry is never broken. */
function legendLines(page: Page): readonly string[] {
  const room = page.width - indent.length - 3;
  const lines: string[] = [];
  for (const entry of legend) {
    const longer = lines.length === 0 ? entry : `${lines.at(-1)}  ${entry}`;
    if (lines.length > 0 && textWidth(longer) <= room) lines[lines.length - 1] = longer;
    else lines.push(entry);
  }
  return lines.map((line) => page.colors.dim(`${indent}   ${line}`));
}

/** The memory figures of a stage, when they are known. */
interface StageMemory {
  readonly parts: readonly Part[];
  readonly usedBytes: number;
  readonly budgetBytes: number;
}

function memoryOf(stage: StageStatus): StageMemory | undefined {
  const { weightBytes, kvBytes = 0, fixedBytes = 0, reserveBytes = 0, budgetBytes } = stage;
  if (weightBytes === undefined || budgetBytes === undefined || budgetBytes <= 0) return undefined;
  const parts: readonly Part[] = [
    [weightBytes, "█"],
    [kvBytes, "▓"],
    [fixedBytes, "▒"],
    [reserveBytes, "░"],
  ];
  return { parts, usedBytes: weightBytes + kvBytes + fixedBytes + reserveBytes, budgetBytes };
}

const widestOf = (texts: readonly string[]): number => Math.max(0, ...texts.map(textWidth));

/** Narrow pages leave out the rank, which is the order of the lines: else `studio-1` and `studio-2` look the same. */
const rankFrom = 72;
/** Wide pages also show what the bar is made of. */
const detailFrom = 116;
const shortestBar = 8;
const longestBar = 32;
const longestName = 24;

/** The texts of one stage's line, apart from its name and its bar. */
function stageTexts(stage: StageStatus, page: Page) {
  const memory = memoryOf(stage);
  const detail = memory?.parts.map(([bytes]) => gib(bytes)).join(" + ") ?? "";
  return {
    rank: page.width < rankFrom ? "" : `rank ${stage.rank}  `,
    layers: `${stage.endLayer - stage.startLayer === 1 ? "layer " : "layers"} ${layersText(stage.startLayer, stage.endLayer)}`,
    used: memory === undefined ? "" : gib(memory.usedBytes),
    budget: memory === undefined ? "" : `of ${gib(memory.budgetBytes)} GiB`,
    detail: page.width >= detailFrom ? detail : "",
  };
}

function stageLines(map: LayerMap, page: Page): readonly string[] {
  const texts = map.stages.map((stage) => stageTexts(stage, page));
  const columns = ["rank", "layers", "used", "budget", "detail"] as const;
  const widths = Object.fromEntries(columns.map((column) => [column, widestOf(texts.map((text) => text[column]))]));
  // Letter, the five columns, and the gaps between all of them; name and bar share what is left.
  const taken = indent.length + 3 + columns.reduce((sum, column) => sum + (widths[column] ?? 0), 0) + 2 + 2 + 1 + 1 + 2;
  const name = Math.min(
    widestOf(map.stages.map(({ node }) => plainText(node))),
    longestName,
    page.width - taken - shortestBar,
  );
  const bar = Math.min(longestBar, page.width - taken - name);
  return map.stages.map((stage, index) => {
    const { ink, cell } = paintsOf(index, page);
    const text = (column: (typeof columns)[number]): string =>
      padText(texts[index]?.[column] ?? "", widths[column] ?? 0);
    const head = `${indent}${cell(letterOf(index))}  ${ink(fitText(stage.node, name))}  ${text("rank")}${text("layers")}`;
    const memory = memoryOf(stage);
    if (memory === undefined) return head.trimEnd();
    const drawn = ink(memoryBar(memory.parts, memory.budgetBytes, bar));
    const used = (texts[index]?.used ?? "").padStart(widths.used ?? 0);
    return `${head}  ${drawn} ${used} ${text("budget")}  ${page.colors.dim(text("detail"))}`.trimEnd();
  });
}

/** A title and a rate on one line, or on two where the page is too narrow; the rate may be empty. */
export function titleLines(what: string, rate: string, page: Page): readonly string[] {
  const oneLine = rate === "" ? what : `${what} · ${rate}`;
  return textWidth(oneLine) <= page.width ? [oneLine] : [what, `${indent}${rate}`];
}

/** The layer map of one model: title, cells, and a line for each stage with its memory. */
export function renderLayerMap(map: LayerMap, page: Page): readonly string[] {
  const nodes = new Set(map.stages.map(({ node }) => node)).size;
  const where = nodes === 0 ? " · not placed" : ` on ${countText(nodes, "node")}`;
  const rate = map.predicted
    ? `predicted ${rateText(map.predicted.decodeTokensPerSec)} ${page.colors.dim(bandText(map.predicted.errorBand))}`
    : "";
  const what = `${page.colors.bold(plainText(map.model))} · ${countText(map.layers, "layer")}${where}`;
  const title = titleLines(what, rate, page);
  const hasMemory = map.stages.some((stage) => memoryOf(stage) !== undefined);
  if (map.stages.length === 0) return title;
  return [...title, ...cellRows(map, page), "", ...stageLines(map, page), ...(hasMemory ? legendLines(page) : [])];
}
