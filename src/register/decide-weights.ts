import type { ModelFolder } from "./registry-files.js";

/** How exo comes to find complete weights under the entry's own id. */
export type WeightsDecision =
  | { readonly kind: "already-linked" }
  | { readonly kind: "link"; readonly target: ModelFolder }
  /** There are no complete weights. A link of ours that leads to the wrong place has to go. */
  | { readonly kind: "missing"; readonly staleLink: "remove" | "none" }
  /** Something that is not ours stands under the entry's name. */
  | { readonly kind: "blocked"; readonly path: string; readonly problem: string };

/**
 * Decides what to do about an entry's model folder.
 *
 * @param own what stands under the entry's own id
 * @param source what stands under the id whose files are the weights; the same as `own` when the entry uses its own files
 */
export function decideWeights(own: readonly ModelFolder[], source: readonly ModelFolder[]): WeightsDecision {
  const target = source.find((folder) => folder.complete);
  const found = own.some(
    (folder) => folder.complete && (folder.kind === "folder" || folder.resolved === target?.resolved),
  );
  if (found) return { kind: "already-linked" };
  const ourLink = own.some((folder) => folder.ours);
  if (target === undefined) return { kind: "missing", staleLink: ourLink ? "remove" : "none" };
  const foreign = own.find((folder) => !folder.ours && folder.link !== "redirected");
  if (foreign === undefined) return { kind: "link", target };
  const problem =
    foreign.kind === "link"
      ? "is a link that exoctl did not make and that leads elsewhere"
      : "is a folder that exoctl did not make, without complete weights";
  return { kind: "blocked", path: foreign.path, problem };
}
