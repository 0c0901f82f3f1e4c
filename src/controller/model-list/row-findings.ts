import { entryOfPublished } from "../../models/catalogue.js";
import { describeDifference, listingDifferences } from "../../register/listing-differences.js";
import type { RegistryFinding } from "../registry-finding.js";
import type { ListedOnNode } from "./model-list-api.js";
import type { RowInput } from "./row-input.js";

/**
 * What is odd about one model on one node. Entries that are kept have been compared already: what was found then is told here, and
 * nothing is said twice.
 */
export function rowFindings(row: Omit<ListedOnNode, "findings">, input: RowInput): readonly RegistryFinding[] {
  const { told, entry } = input;
  const drift = [...(told?.wrong ?? []), ...(told?.mended ?? [])];
  if (entry !== undefined) return [...drift, ...(drift.length === 0 ? filesFindings(row, input) : [])];
  return [...drift, ...builtInFindings(row, input), ...cardFindings(row, input), ...filesFindings(row, input)];
}

/** A card that exo ships and that does not say the truth. */
function builtInFindings(
  { card }: Omit<ListedOnNode, "findings">,
  { modelId, node, view }: RowInput,
): readonly RegistryFinding[] {
  const truth = card === "built-in" ? entryOfPublished(modelId) : undefined;
  const listed = view.listed.get(node)?.find(({ id }) => id === modelId);
  if (truth === undefined || listed === undefined) return [];
  const differences = listingDifferences(truth, listed);
  if (differences.length === 0) return [];
  return [
    {
      code: "built-in-differs",
      message: `exo's own card says ${differences.map(describeDifference).join(", ")}`,
      fix: "cards that exo ships can't be overridden; `entry: own` runs an entry with the truth",
    },
  ];
}

/** Cards that nothing keeps, and files that exo does not know. */
function cardFindings(
  { card, exo, files }: Omit<ListedOnNode, "findings">,
  { role }: RowInput,
): readonly RegistryFinding[] {
  if (card === "ours" && role === "none")
    return [
      {
        code: "not-kept",
        message: "exoctl wrote this card, and nothing needs it any more",
        fix: "`exoctl model remove` takes it away",
      },
    ];
  if (card === "none" && files.state === "complete")
    return [
      {
        code: "no-card",
        message: "exo does not know these files: there is no card for them",
        fix: "`exoctl model add` makes them known",
      },
    ];
  if ((card === "ours" || card === "other") && exo === "not-listed")
    return [
      {
        code: "card-not-read",
        message: "exo has a card of it and does not list it: it has not read its cards since, or can't read this one",
      },
    ];
  return [];
}

function filesFindings(row: Omit<ListedOnNode, "findings">, { role }: RowInput): readonly RegistryFinding[] {
  const { card, files } = row;
  const { state, present, named, from, linkTo } = files;
  if (from === "link" && state === "none")
    return [{ code: "link-nowhere", message: "its folder is a link that leads to nothing exo would use" }];
  if (state === "partial") {
    const count =
      named === null ? "its files have no index that can be read" : `${present} of ${named} weight files are there`;
    return [{ code: "files-partial", message: `${count}: exo does not take it for complete` }];
  }
  const isCustom = card === "ours" || card === "changed" || card === "other";
  if (state === "none" && (isCustom || role === "weights"))
    return [{ code: "no-files", message: "its files are not here: exo would have to download them" }];
  return linkTo === null && from === "link"
    ? [{ code: "link-inside", message: "its folder is a link to a folder that is not a model's own" }]
    : [];
}
