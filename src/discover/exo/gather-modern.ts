import { finishDraft } from "./exo-draft.js";
import type { ToldNode } from "./exo-probe.js";
import type { ExoMaterial, Probed } from "./find-exos.js";
import type { ExoFindings, Libp2pStranger } from "./found-exo.js";
import { gatherHellos } from "./gather-hellos.js";
import { createDrafts, type ModernDrafts } from "./modern-drafts.js";

function takeAnswer(drafts: ModernDrafts, { target, foundBy, result }: Probed): void {
  if (result.kind !== "exo-1.x") return;
  const draft = drafts.of(result.nodeId);
  draft.api.push(target);
  draft.addresses.add(target.host);
  for (const way of foundBy) draft.foundBy.add(way);
  if (result.variant !== undefined) {
    draft.variant = result.variant.label;
    // The first release whose cards have `backends` is the first one on zenoh (exo source, 1.0.71 and b5375f8c).
    draft.transport = result.variant.label === "after 1.0.71" ? "zenoh" : "libp2p";
  }
  if (result.cluster === undefined) return;
  const { members, reached } = result.cluster;
  draft.members = members.map((member) => member.nodeId);
  draft.reached = reached.filter((edge) => edge.from === result.nodeId).map((edge) => edge.to);
}

function takeTold(drafts: ModernDrafts, told: ToldNode): void {
  const draft = drafts.of(told.nodeId);
  if (draft.foundBy.size === 0) draft.foundBy.add("peer");
  if (told.friendlyName !== undefined) draft.name = told.friendlyName;
  if (told.interfaces.length > 0) draft.interfaces = told.interfaces;
}

/**
 * The exos 1.x, by node id: those whose API answers, those that others count as members, and those that showed themselves by
 * mDNS or over IPv6. A libp2p program counts as exo when its peer id is the node id of one.
 */
export function gatherModern(material: ExoMaterial): Pick<ExoFindings, "exos" | "strangers"> {
  const drafts = createDrafts();
  for (const entry of material.probed) takeAnswer(drafts, entry);
  for (const { result } of material.probed)
    for (const told of result.kind === "exo-1.x" ? (result.cluster?.members ?? []) : []) takeTold(drafts, told);
  const strangers = new Map<string, Libp2pStranger>();
  for (const hint of material.hints) {
    if (hint.kind !== "libp2p") continue;
    const { peerId, endpoints } = hint.peer;
    const draft = drafts.byId.get(peerId);
    if (draft === undefined) {
      strangers.set(peerId, { peerId, address: hint.address });
      continue;
    }
    draft.foundBy.add("libp2p-mdns");
    draft.addresses.add(hint.address);
    draft.endpoints.push(...endpoints);
  }
  gatherHellos(drafts, material.hints);
  const exos = [...drafts.byId.values(), ...drafts.nameless].map(finishDraft);
  return { exos, strangers: [...strangers.values()] };
}
