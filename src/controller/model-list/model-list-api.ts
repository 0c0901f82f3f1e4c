import type { PlacedBy } from "../../cluster/registry-report.js";
import type { RegistryFinding } from "../registry-finding.js";

/**
 * `ours`: as exoctl wrote it. `changed`: exoctl wrote it, and it does not say what it should. `other`: a custom card that somebody
 * else wrote. `built-in`: exo lists the model without a card file. `unknown`: the node could not be asked.
 */
export type CardState = "ours" | "changed" | "other" | "built-in" | "none" | "unknown";

/** What a node has of a model's files. */
export interface ListedFiles {
  readonly state: "complete" | "partial" | "none" | "unknown";
  /** Weight files that are there, of those that the index names; null where no index says so. */
  readonly present: number | null;
  readonly named: number | null;
  /** Of all files; of those that a link leads to. */
  readonly bytes: number | null;
  /**
   * `sync`, `convert`, `entry`, `import`: put there by exoctl. `link`: a link to the files of `linkTo`. `other`: by somebody else, such
   * as exo's own download. Null where there is nothing.
   */
  readonly from: PlacedBy | "link" | "other" | null;
  /** Null when it is no link, or leads to no model folder. */
  readonly linkTo: string | null;
}

/** One model on one node. */
export interface ListedOnNode {
  readonly node: string;
  readonly card: CardState;
  /** Whether this node's exo lists it. */
  readonly exo: "listed" | "not-listed" | "unknown";
  /** Size by exo's list, rounded to MiB by exo; null when it does not say. */
  readonly listedBytes: number | null;
  readonly files: ListedFiles;
  readonly findings: readonly RegistryFinding[];
}

export interface ListedModel {
  readonly modelId: string;
  /** The names that clients use for it; empty when it is not served. */
  readonly servedAs: readonly string[];
  /** By name of the node. */
  readonly nodes: readonly ListedOnNode[];
}

/** What `exoctl model list -o json` prints. */
export interface ModelListing {
  readonly simulated: boolean;
  /** By id; what is to be kept comes first. */
  readonly models: readonly ListedModel[];
  /** What this list can't show, one sentence each: nodes that do not answer, reports that were cut. */
  readonly gaps: readonly string[];
}

/** Calls about registries and model files of all nodes. */
export interface ModelListApi {
  /** @param request `cards: "all"` lists the cards that exo ships too, also where nothing of the model is on any node */
  listModels(request: { readonly cards: "local" | "all" }): ModelListing;
}
