import type { ApiKey } from "../../gateway/keys/api-key.js";
import type { UsageByKey } from "../../gateway/keys/key-usage.js";
import type { Change, StateDocument } from "./state-document.js";

export const withKey = (document: StateDocument, key: ApiKey): Change<undefined> => ({
  next: { ...document, keys: [...(document.keys ?? []), key] },
  outcome: undefined,
});

/** Revoked keys stay in the list: their usage is of interest, and a gateway that asked for keys must not stop asking. */
export function withRevokedKey(
  document: StateDocument,
  id: string,
  revokedAt: number,
): Change<"revoked" | "unchanged" | "absent"> {
  const key = document.keys?.find((candidate) => candidate.id === id);
  if (key === undefined) return { next: document, outcome: "absent" };
  if (key.revokedAt !== undefined) return { next: document, outcome: "unchanged" };
  const keys = document.keys?.map((other) => (other === key ? { ...key, revokedAt } : other)) ?? [];
  return { next: { ...document, keys }, outcome: "revoked" };
}

export const withKeyUsage = (document: StateDocument, used: UsageByKey): Change<undefined> => ({
  next: { ...document, keyUsage: { ...document.keyUsage, ...used } },
  outcome: undefined,
});
