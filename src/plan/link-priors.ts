import type { LinkKind } from "../inventory/inventory.js";

/** Latency and rate of one direction of a link. */
export interface LinkPrior {
  /** Everything of a hop that does not grow with size. */
  readonly alphaSec: number;
  readonly bytesPerSec: number;
}

/**
 * What to assume of a link by its kind until it is measured (placement reference 3.5). A kind that nobody could tell is
 * taken for the slowest cable.
 */
const priors: Readonly<Record<LinkKind, LinkPrior>> = {
  rdma: { alphaSec: 0.6e-3, bytesPerSec: 6e9 },
  thunderbolt: { alphaSec: 1.5e-3, bytesPerSec: 2.5e9 },
  "ethernet-10g": { alphaSec: 1.8e-3, bytesPerSec: 1.1e9 },
  "ethernet-1g": { alphaSec: 2.2e-3, bytesPerSec: 0.11e9 },
  wifi: { alphaSec: 20e-3, bytesPerSec: 0.03e9 },
  unknown: { alphaSec: 2.2e-3, bytesPerSec: 0.11e9 },
};

export const linkPrior = (kind: LinkKind): LinkPrior => priors[kind];

/** Every kind of link that has priors. */
export const linkKinds = Object.keys(priors);

export const isKnownLinkKind = (text: string): text is LinkKind => Object.hasOwn(priors, text);
