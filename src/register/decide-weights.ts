import type { LocalModel, ModelFolder } from "./registry-files.js";

/** How exo comes to find complete weights under the entry's own id. */
export type WeightsDecision =
  | { readonly kind: "already-linked" }
  | { readonly kind: "link"; readonly target: { readonly path: string } }
  /** exo would not take the folder for complete: it gets one with links to the files and an index. */
  | { readonly kind: "gather"; readonly source: LocalModel }
  /** There are no complete weights. A link of ours that leads to the wrong place has to go. */
  | { readonly kind: "missing"; readonly staleLink: "remove" | "none" }
  /** Something that is not ours stands under the entry's name. */
  | { readonly kind: "blocked"; readonly path: string; readonly problem: string };

/**
 * Decides what to do about an entry's model folder.
 *
 * @param own what stands under the entry's own id
 * @param source what stands under the id whose files are the weights; the same as `own` when the entry uses its own files
 * @param local a model of that id in the agent's further folders, which comes after those of exo
 */
export function decideWeights(
  own: readonly ModelFolder[],
  source: readonly ModelFolder[],
  local?: LocalModel,
): WeightsDecision {
  // Under an id of its own weights, a link of ours is no source: it has to lead to one.
  const isLinkOfOurs = ({ path, link }: ModelFolder): boolean =>
    link !== undefined && link !== "foreign" && own.some((folder) => folder.path === path);
  const target = source.find((folder) => folder.complete && !isLinkOfOurs(folder));
  const leadsTo = target?.resolved ?? (local?.use === "link" ? local.resolved : undefined);
  const found = own.find((folder) => folder.complete && (folder.kind === "folder" || folder.resolved === leadsTo));
  // A folder of links is compared with what it leads to whenever it is asked for.
  const isGathered = found?.ours === true && found.kind === "folder" && local?.use === "gather";
  if (found !== undefined && !isGathered) return { kind: "already-linked" };
  const place = isGathered || target === undefined ? placeFor(local) : ({ kind: "link", target } as const);
  if (place === undefined) return { kind: "missing", staleLink: own.some((folder) => folder.ours) ? "remove" : "none" };
  const foreign = own.find((folder) => !folder.ours && folder.link !== "redirected" && folder.empty !== true);
  return foreign === undefined ? place : { kind: "blocked", path: foreign.path, problem: problemWith(foreign) };
}

function placeFor(local: LocalModel | undefined): WeightsDecision | undefined {
  if (local === undefined || local.use === "none") return undefined;
  return local.use === "gather" ? { kind: "gather", source: local } : { kind: "link", target: local };
}

const problemWith = ({ kind }: ModelFolder): string =>
  kind === "link"
    ? "is a link that exoctl did not make and that leads elsewhere"
    : "is a folder that exoctl did not make, without complete weights";
