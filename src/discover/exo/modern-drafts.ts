import { type ExoDraft, newDraft } from "./exo-draft.js";
import type { Transport } from "./found-exo.js";

/** Node ids tell which transport made them: a libp2p peer id is base58 of 46 characters or more, a zenoh id up to 32 hex digits. */
const transportOf = (nodeId: string): Transport | undefined =>
  /^[0-9a-f]{1,32}$/.test(nodeId) ? "zenoh" : /^[1-9A-HJ-NP-Za-km-z]{46,70}$/.test(nodeId) ? "libp2p" : undefined;

/** exos 1.x by node id, and those that are known only by an address. */
export interface ModernDrafts {
  readonly byId: Map<string, ExoDraft>;
  readonly nameless: ExoDraft[];
  /** The exo of this id, new if need be. */
  of(nodeId: string): ExoDraft;
}

/** None yet. */
export function createDrafts(): ModernDrafts {
  const byId = new Map<string, ExoDraft>();
  const of = (nodeId: string): ExoDraft => {
    const known = byId.get(nodeId);
    if (known !== undefined) return known;
    const transport = transportOf(nodeId);
    const draft = { ...newDraft("1.x", nodeId), ...(transport === undefined ? {} : { transport }) };
    byId.set(nodeId, draft);
    return draft;
  };
  return { byId, nameless: [], of };
}
