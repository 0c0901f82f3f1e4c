import type { Colors } from "picocolors/types.js";
import type { CreatedKey, ListedKey, RevokedKey } from "../../controller/keys/keys-api.js";
import type { UsageCounts } from "../../gateway/keys/key-usage.js";
import { bullet, type Page, plainText } from "./page.js";
import { tableLines } from "./table.js";

/** What the maker of a key has to know, beside the key itself. */
export const renderKeyAdvice = ({ id, name }: CreatedKey, colors: Colors): readonly string[] => [
  colors.dim(`${plainText(name)} is ${id}. The key is shown this once and is kept nowhere: store it now.`),
  colors.dim(`Clients send it as "Authorization: Bearer ..." or "x-api-key". Away with it: exoctl keys revoke ${id}`),
];

const tokensOf = ({ promptTokens, completionTokens }: UsageCounts): number => promptTokens + completionTokens;
const count = (amount: number): string => amount.toLocaleString("en-US");
const usageText = (usage: UsageCounts): string => `${count(usage.requests)} / ${count(tokensOf(usage))}`;

function limitsText({ limits, models }: ListedKey): string {
  const { requestsPerMinute, concurrency, tokensPerDay } = limits;
  const texts = [
    ...(requestsPerMinute === undefined ? [] : [`${count(requestsPerMinute)} requests/min`]),
    ...(concurrency === undefined ? [] : [`${count(concurrency)} at a time`]),
    ...(tokensPerDay === undefined ? [] : [`${count(tokensPerDay)} tokens/day`]),
    ...(models === undefined ? [] : [`only ${models.join(", ")}`]),
  ];
  return texts.length === 0 ? "none" : texts.join("; ");
}

const goodUntil = ({ expiresAt }: ListedKey): string =>
  expiresAt === undefined ? "" : new Date(expiresAt).toISOString().slice(0, 16).replace("T", " ");

/** What `exoctl keys list` prints. */
export function renderKeys(keys: readonly ListedKey[], page: Page): readonly string[] {
  if (keys.length === 0) return bullet("", "There are no API keys. `exoctl keys create NAME` makes one.", page);
  const rows = keys.map((key) => [
    { text: key.id },
    { text: plainText(key.name) },
    { text: key.state },
    { text: key.scopes.join(",") },
    { text: usageText(key.usage.today) },
    { text: usageText(key.usage.total) },
    { text: goodUntil(key) },
    { text: limitsText(key), paint: page.colors.dim },
  ]);
  const titles = ["KEY", "NAME", "STATE", "SCOPES", "TODAY", "TOTAL", "UNTIL (UTC)", "LIMITS"];
  return [
    ...tableLines(titles, rows, page),
    "",
    ...bullet("", "TODAY and TOTAL are requests / tokens; days begin at midnight UTC.", page),
  ];
}

/** One line. */
export const renderRevokedKey = ({ id, name, outcome }: RevokedKey): readonly string[] => [
  `${id} (${plainText(name)}) is revoked${outcome === "changed" ? "" : ", as before"}`,
];
