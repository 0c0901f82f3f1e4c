import { faultCodes } from "../../cluster/classic-finding.js";
import type {
  ClassicAddReport,
  ClassicDescription,
  ClassicDigests,
  ClassicRemoveReport,
} from "../../cluster/classic-report.js";
import type { ClassicAddWish } from "../../cluster/classic-wish.js";
import type { ClassicRegistryLink } from "../../inventory/classic-registry-link.js";

/** A node with an exo 0.0.x. */
export interface ClassicNode {
  readonly name: string;
  readonly registry: ClassicRegistryLink;
}

export type ClassicReport = ClassicAddReport | ClassicRemoveReport;

/** A node that was asked what a change would do to it. */
export interface ShownNode {
  readonly node: ClassicNode;
  /** Before anything is changed. */
  readonly description: ClassicDescription;
  /** `absent`: there is nothing to remove. */
  readonly report: ClassicReport | "absent";
}

/** One change of one entry, as it is made on any node. */
export interface ClassicChange {
  readonly id: string;
  show(node: ClassicNode, signal: AbortSignal): Promise<ShownNode>;
  /** @param digests of the file as shown: another file is refused */
  write(shown: ShownNode, digests: ClassicDigests, signal: AbortSignal): Promise<ClassicReport>;
  /** Makes a file that was written what it was before. */
  takeBack(shown: ShownNode, digests: ClassicDigests, signal: AbortSignal): Promise<ClassicReport>;
}

/** Adds or replaces an entry. It is taken back by the record of edits that stands beside the file. */
export const addingEntry = (wish: Omit<ClassicAddWish, "effect">): ClassicChange => ({
  id: wish.entry.id,
  show: async (node, signal) => ({
    node,
    report: await node.registry.add({ ...wish, effect: "show" }, signal),
    description: await node.registry.describe([wish.entry.id], signal),
  }),
  write: ({ node }, { before }, signal) => node.registry.add({ ...wish, effect: "write", expected: before }, signal),
  takeBack: ({ node }, { before, after }, signal) =>
    node.registry.remove({ id: wish.entry.id, effect: "write", expected: after, until: before }, signal),
});

/** Removes an entry of ours. It is taken back by writing the same facts once more. */
export const removingEntry = (id: string): ClassicChange => ({
  id,
  show: async (node, signal) => {
    const description = await node.registry.describe([id], signal);
    const isThere = description.refusals.length > 0 || description.entries.some(({ entry }) => entry.id === id);
    return {
      node,
      description,
      report: isThere ? await node.registry.remove({ id, effect: "show" }, signal) : "absent",
    };
  },
  write: ({ node }, { before }, signal) => node.registry.remove({ id, effect: "write", expected: before }, signal),
  takeBack: async ({ node, description }, { after }, signal) => {
    const entry = description.entries.find((found) => found.entry.id === id)?.entry;
    if (entry === undefined) throw new Error(`what ${id} was is not known`);
    const again = { entry, model: id, accepted: faultCodes, whenDifferent: "replace", effect: "write" } as const;
    return await node.registry.add({ ...again, expected: after }, signal);
  },
});
