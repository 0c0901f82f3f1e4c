import fc from "fast-check";
import { expect, test } from "vitest";
import { renderLayerMap } from "../../../src/cli/render/layer-map.js";
import { textWidth } from "../../../src/cli/render/page.js";
import { aStage, colorPage, plainPage, threeStages } from "./view-samples.js";

const map = { model: "gpt-oss-120b", layers: 36, stages: threeStages };

test("36 cells carry the letter of their node", () => {
  const [, cells, ruler] = renderLayerMap(map, plainPage(80));
  expect(cells).toBe("  A A A A A A A A A A A A A A B B B B B B B B B B B B C C C C C C C C C C");
  expect(ruler).toBe("  0                           14                      26                35");
});

test("a stage has one colour, in its cells and in its line", () => {
  const lines = renderLayerMap(map, colorPage(80));
  expect(lines[1]).toContain(`\u001b[46m\u001b[30m${"A ".repeat(14)}\u001b[39m\u001b[49m`);
  expect(lines.find((line) => line.includes("studio-1"))).toContain("\u001b[36mstudio-1");
});

test("layers that nobody holds are drawn as missing", () => {
  const [, cells] = renderLayerMap({ ...map, stages: threeStages.slice(0, 2) }, plainPage(80));
  expect(cells).toMatch(/^ {2}(A ){14}(B ){12}(- ){9}-$/);
});

test("a bar shows weights, cache, fixed parts and reserve as shares of the budget", () => {
  const budgetBytes = 32_000;
  const stage = {
    node: "a",
    rank: 0,
    startLayer: 0,
    endLayer: 36,
    weightBytes: 8_000,
    kvBytes: 8_000,
    fixedBytes: 4_000,
    reserveBytes: 4_000,
    budgetBytes,
  };
  const line = renderLayerMap({ ...map, stages: [stage] }, plainPage(120)).find((each) => each.includes("rank 0"));
  expect(line).toContain(`${"█".repeat(8)}${"▓".repeat(8)}${"▒".repeat(4)}${"░".repeat(4)}${"·".repeat(8)} `);
});

test("without memory figures there is no bar and no legend", () => {
  const stages = threeStages.map(({ node, rank, startLayer, endLayer }) => ({ node, rank, startLayer, endLayer }));
  const lines = renderLayerMap({ ...map, stages }, plainPage(80));
  expect(lines.join("\n")).not.toMatch(/[█▓▒░·]{2}/);
  expect(lines.at(-1)).toBe("  C  studio-3  rank 2  layers 26-35");
});

test("a model with more layers than columns continues on further rows", () => {
  const stages = [aStage("a", 0, 0, 100), aStage("b", 1, 100, 126)];
  const lines = renderLayerMap({ model: "big", layers: 126, stages }, plainPage(80));
  expect(`${lines[1]?.trim()}${lines[3]?.trim()}`).toBe("A".repeat(100) + "B".repeat(26));
});

test("any map fits the page and shows every layer once", () => {
  const anyMap = fc.record({
    cuts: fc.uniqueArray(fc.integer({ min: 1, max: 95 }), { maxLength: 8 }),
    name: fc.string({ unit: "grapheme", minLength: 1, maxLength: 60 }),
    width: fc.integer({ min: 80, max: 200 }),
  });
  fc.assert(
    fc.property(anyMap, ({ cuts, name, width }) => {
      const edges = [0, ...cuts.toSorted((left, right) => left - right), 96];
      const stages = edges.slice(1).map((end, rank) => aStage(`${name}${rank}`, rank, edges[rank] ?? 0, end));
      const lines = renderLayerMap({ model: "m", layers: 96, stages }, plainPage(width));
      for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(width);
      const cells = lines.slice(1, lines.indexOf("")).filter((_, index) => index % 2 === 0);
      expect(cells.join("").replaceAll(" ", "")).toHaveLength(96);
    }),
  );
});
