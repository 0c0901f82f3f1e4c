import type { EnrolledNode, ListedToken, NodeChange } from "../../controller/nodes/nodes-api.js";
import { gibText } from "./amounts.js";
import { bullet, type Page, plainText } from "./page.js";
import { tableLines } from "./table.js";

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 16).replace("T", " ");

/** What `exoctl nodes list` prints: a table, and what to do about nodes that wait. */
export function renderNodes(nodes: readonly EnrolledNode[], page: Page): readonly string[] {
  if (nodes.length === 0) return bullet("", "No node has enrolled. `exoctl token create` prints how one joins.", page);
  const rows = nodes.map((node) => [
    { text: plainText(node.name) },
    { text: node.state },
    { text: plainText(node.chip) },
    { text: node.memoryBytes === 0 ? "" : gibText(node.memoryBytes) },
    { text: node.address },
    { text: dayOf(node.enrolledAt) },
    { text: node.pinWords, paint: page.colors.dim },
  ]);
  const waiting = nodes.filter(({ state }) => state === "waiting");
  return [
    ...tableLines(["NODE", "STATE", "CHIP", "MEMORY", "ADDRESS", "ENROLLED (UTC)", "PIN WORDS"], rows, page),
    ...(waiting.length === 0 ? [] : [""]),
    ...waiting.flatMap(({ name, pinWords }) =>
      bullet(
        "→ ",
        `${plainText(name)} waits. If its agent printed the words "${pinWords}": exoctl nodes approve ${plainText(name)}`,
        page,
      ),
    ),
  ];
}

/** What `exoctl token list` prints. */
export function renderTokens(tokens: readonly ListedToken[], page: Page): readonly string[] {
  if (tokens.length === 0) return bullet("", "There are no join tokens. `exoctl token create` makes one.", page);
  const rows = tokens.map(({ id, state, expiresAt, forName, usedBy }) => [
    { text: id },
    { text: state },
    { text: dayOf(expiresAt) },
    { text: forName ?? "any node" },
    { text: plainText(usedBy ?? "") },
  ]);
  return tableLines(["TOKEN", "STATE", "GOOD UNTIL (UTC)", "FOR", "USED BY"], rows, page);
}

/** One line. @param what the node is or does now */
export const renderNodeChange = ({ node, outcome }: NodeChange, what: string): readonly string[] => [
  outcome === "changed" ? `${plainText(node)} ${what}` : `${plainText(node)} ${what}, as before`,
];
