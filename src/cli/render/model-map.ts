import type { CopyStatus, ModelStatus } from "../../controller/status-report.js";
import { bandText, rateText } from "./amounts.js";
import { renderLayerMap, titleLines } from "./layer-map.js";
import { bullet, type Page, plainText } from "./page.js";

/** The layer map of what runs of a model: one for each copy where there are several. */
export function renderModelMap(model: ModelStatus, page: Page): readonly string[] {
  const { name, layers, copies, stages, predicted } = model;
  if (copies.length < 2) {
    const title = copies[0]?.sharding === "tensor" ? `${name} · tensor parallel` : name;
    return renderLayerMap({ model: title, layers, stages, predicted }, page);
  }
  const serving = copies.filter((copy) => copy.state === "ready").length;
  const rate =
    predicted === null
      ? ""
      : `predicted ${rateText(predicted.aggregateTokensPerSec)} in all ${page.colors.dim(bandText(predicted.errorBand))}`;
  const title = `${page.colors.bold(plainText(name))} · ${serving} of ${copies.length} copies serving`;
  return [
    ...titleLines(title, rate, page),
    ...copies.flatMap((copy, index) => ["", ...copyLines(model, copy, index, page)]),
  ];
}

function copyLines(model: ModelStatus, copy: CopyStatus, index: number, page: Page): readonly string[] {
  const { state, reason, instance, sharding, stages, predictedTokensPerSec: rate } = copy;
  const errorBand = model.predicted?.errorBand;
  const predicted = rate === null || errorBand === undefined ? null : { decodeTokensPerSec: rate, errorBand };
  const kind = sharding === "tensor" ? " · tensor parallel" : "";
  const map = renderLayerMap({ model: `copy ${index + 1}${kind}`, layers: model.layers, stages, predicted }, page);
  const [title = "", ...body] = map;
  const why = reason === null ? [] : bullet("    ", reason, page);
  return [title, `  ${state} · ${page.colors.dim(`instance ${plainText(instance)}`)}`, ...why, ...body];
}
