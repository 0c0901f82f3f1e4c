import { newDraft } from "./exo-draft.js";
import type { ExoHint } from "./exo-hints.js";
import type { FoundNamespace } from "./found-exo.js";
import type { ModernDrafts } from "./modern-drafts.js";
import { namespaceHash } from "./namespace-hash.js";

/** An IPv6 address without its scope: link-local addresses are unique on a link, and machines name scopes differently. */
export const withoutScope = (address: string): string => address.toLowerCase().split("%")[0] ?? address;

/**
 * Adds what exos after 1.0.71 announce over IPv6. An answer names its node; a hello only its namespace, so its sender is matched
 * with the addresses that are known of nodes, and is an exo without a name where none matches.
 */
export function gatherHellos(drafts: ModernDrafts, hints: readonly ExoHint[]): void {
  const names = new Map<string, string>();
  for (const hint of hints) {
    if (hint.kind !== "whats-up") continue;
    names.set(namespaceHash(hint.namespace), hint.namespace);
    const draft = drafts.of(hint.nodeId);
    draft.transport = "zenoh";
    draft.namespace = { kind: "named", name: hint.namespace };
    draft.addresses.add(hint.address);
    draft.foundBy.add("zenoh-hello");
  }
  for (const hint of hints) {
    if (hint.kind !== "hello") continue;
    const sender = withoutScope(hint.address);
    const all = [...drafts.byId.values(), ...drafts.nameless];
    const name = names.get(hint.namespaceHash);
    const namespace: FoundNamespace =
      name === undefined ? { kind: "hashed", hash: hint.namespaceHash } : { kind: "named", name };
    // Several exos may run on one machine, each in a namespace of its own.
    const known = all.find(
      (draft) =>
        draft.transport !== "libp2p" &&
        [...draft.addresses, ...draft.interfaces.map(({ ip }) => ip)].some(
          (address) => withoutScope(address) === sender,
        ) &&
        (draft.namespace === undefined || sameNamespace(draft.namespace, namespace)),
    );
    const draft = known ?? { ...newDraft("1.x"), transport: "zenoh" as const };
    if (known === undefined) drafts.nameless.push(draft);
    draft.namespace ??= namespace;
    draft.addresses.add(hint.address);
    draft.foundBy.add("zenoh-hello");
  }
}

/** Whether two findings are of one namespace. */
export function sameNamespace(left: FoundNamespace, right: FoundNamespace): boolean {
  const hashOf = (namespace: FoundNamespace): string =>
    namespace.kind === "named" ? namespaceHash(namespace.name) : namespace.hash;
  return hashOf(left) === hashOf(right);
}
