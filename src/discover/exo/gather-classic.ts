import { type ExoDraft, finishDraft, isLoopback, newDraft } from "./exo-draft.js";
import type { ExoMaterial } from "./find-exos.js";
import type { FoundExo } from "./found-exo.js";

const addAll = <T>(set: Set<T>, items: Iterable<T>): void => {
  for (const item of items) set.add(item);
};

/**
 * The exos 0.0.x. Their API does not tell which of the ids it lists is their own; a broadcast from the same address does, and a
 * list of one.
 */
export function gatherClassic({ hints, probed }: ExoMaterial): readonly FoundExo[] {
  const drafts = new Map<string, ExoDraft>();
  const idAt = new Map<string, string>();
  for (const hint of hints) {
    if (hint.kind !== "beacon") continue;
    const { nodeId } = hint.beacon;
    const draft = drafts.get(nodeId) ?? newDraft("0.0.x", nodeId);
    drafts.set(nodeId, draft);
    idAt.set(hint.address, nodeId);
    draft.addresses.add(hint.address);
    draft.udpPorts.add(hint.udpPort);
    draft.foundBy.add("udp-beacon");
  }
  // Loopback comes last: what answers there answers at another address of this machine, too, or only there.
  const answered = probed
    .flatMap((entry) => (entry.result.kind === "exo-0.0.x" ? [{ ...entry, nodeIds: entry.result.nodeIds }] : []))
    .toSorted((left, right) => Number(isLoopback(left.target.host)) - Number(isLoopback(right.target.host)));
  for (const { target, foundBy, nodeIds } of answered) {
    const only = nodeIds.length === 1 ? nodeIds[0] : undefined;
    const nodeId = idAt.get(target.host) ?? only;
    const here = [...drafts].find(
      ([, draft]) => isLoopback(target.host) && draft.foundBy.has("this-machine") && draft.api.length > 0,
    )?.[0];
    const key = here ?? nodeId ?? JSON.stringify([target.host, target.port]);
    const draft = drafts.get(key) ?? newDraft("0.0.x", nodeId);
    drafts.set(key, draft);
    draft.api.push(target);
    draft.addresses.add(target.host);
    draft.members = [...new Set([...(draft.members ?? []), ...nodeIds])];
    addAll(draft.foundBy, foundBy);
  }
  return [...drafts.values()].map((draft) => finishDraft({ ...draft, transport: "grpc" }));
}
