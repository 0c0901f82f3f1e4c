import { expect, test } from "vitest";
import { maxMessageBytes } from "../../../src/adapters/grpc/agent-definitions.js";
import { readRegistryReport, registryReportMessage } from "../../../src/adapters/grpc/registry-report-message.js";
import type { RegistryCard, RegistryReport, StoredModel } from "../../../src/cluster/registry-report.js";

const many = (count: number) => Array.from({ length: count }, (_, index) => index);
const longId = (index: number) => `${"o".repeat(100)}/${index}${"n".repeat(90)}`;
const aCard = (index: number, change: Partial<RegistryCard> = {}): RegistryCard => ({
  modelId: longId(index),
  ours: false,
  digest: "0".repeat(64),
  path: `/${"p".repeat(1_000)}`,
  ...change,
});
const aModel = (index: number, change: Partial<StoredModel> = {}): StoredModel => ({
  modelId: longId(index),
  complete: true,
  linkTo: longId(0),
  ...change,
});
const sent = (report: RegistryReport): RegistryReport => readRegistryReport(registryReportMessage(report));

test("a report of any machine fits into a message, and says what it leaves out", () => {
  const report = { cards: many(5_000).map((index) => aCard(index)), models: many(5_000).map((index) => aModel(index)) };
  const { cards, models, leftOut } = sent(report);
  expect(Buffer.byteLength(JSON.stringify({ cards, models }))).toBeLessThan(maxMessageBytes);
  expect(cards.length).toBeGreaterThan(200);
  expect(models.length).toBeGreaterThan(500);
  expect(leftOut).toEqual({ cards: 5_000 - cards.length, models: 5_000 - models.length });
});

test("what exoctl wrote is never what is left out, and what cards speak of comes next", () => {
  const cards = [...many(3_000).map((index) => aCard(index)), aCard(3_000, { modelId: "exoctl/last", ours: true })];
  const models = [
    ...many(3_000).map((index) => aModel(index + 10_000)),
    aModel(0, { modelId: longId(2_999) }),
    aModel(0, { modelId: "exoctl/redirected", link: "redirected" }),
    aModel(0, { modelId: "exoctl/copied", placedBy: "sync" }),
  ];
  const report = sent({ cards, models });
  expect(report.cards[0]).toMatchObject({ modelId: "exoctl/last", ours: true });
  const first = report.models.slice(0, 3).map(({ modelId }) => modelId);
  expect(first).toEqual(["exoctl/redirected", "exoctl/copied", longId(2_999)]);
});

test("a path that no person would read is left out, not the card", () => {
  const { path: _path, ...card } = aCard(1);
  expect(sent({ cards: [{ ...card, path: "p".repeat(5_000) }], models: [] })).toEqual({ cards: [card], models: [] });
});

test("an agent that knows nothing of the newer fields is understood", () => {
  const card = { modelId: "none", ours: true, digest: "" };
  const model = { modelId: "none", complete: false, link: "LINK_OWNER_UNSPECIFIED", placedBy: "PLACED_BY_UNSPECIFIED" };
  const report = { cards: [card], models: [{ ...model, weightFiles: null }], cardsLeftOut: 0, modelsLeftOut: 0 };
  expect(readRegistryReport(report)).toEqual({ cards: [card], models: [{ modelId: "none", complete: false }] });
});

test.each([
  [{ link: "LINK_OWNER_MINE" }],
  [{ bytes: -1 }],
  [{ weightFiles: { present: "all", named: 2 } }],
  [{ placedBy: "somebody" }],
])("an answer outside of the contract, %j, is refused", (change) => {
  const message = registryReportMessage({ cards: [], models: [{ modelId: "a/b", complete: true }] });
  const [model] = message.models ?? [];
  expect(() => readRegistryReport({ ...message, models: [{ ...model, ...change }] })).toThrow();
});
