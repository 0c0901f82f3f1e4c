import type { ExoNodeId, NodeName } from "../cluster/names.js";
import { type ExoView, livePeers } from "./exo-view.js";

/** Who sees whom among the exos that answer. */
export interface Visibility {
  /** Views of the largest group of exos that see each other. The others are in a cluster of their own. */
  readonly main: readonly ExoView[];
  /** Whether this exo answers, and is in another cluster than that group. */
  isApart(id: ExoNodeId): boolean;
  /** Why this node is not a full member of that group, one sentence each. */
  reasons(id: ExoNodeId, nameOf: (id: ExoNodeId) => NodeName | undefined): string[];
}

/** Compares several exos' views of their cluster. Give it current views only. */
export function comparePeers(views: readonly ExoView[]): Visibility {
  const seen = new Map(views.map((view) => [view.nodeId, livePeers(view)]));
  const sees = (from: ExoNodeId, to: ExoNodeId): boolean => seen.get(from)?.has(to) === true;
  const main = largestGroup(views, (left, right) => sees(left.nodeId, right.nodeId) && sees(right.nodeId, left.nodeId));
  const isApart = (id: ExoNodeId): boolean => seen.has(id) && !main.some((view) => view.nodeId === id);
  return {
    main,
    isApart,
    reasons: (id, nameOf) => {
      const names = (list: readonly ExoView[]): string =>
        list.map((view) => nameOf(view.nodeId) ?? view.address.host).join(", ");
      if (isApart(id)) return [`its exo is not in one cluster with exo on ${names(main)}`];
      const blind = main.filter((view) => !sees(view.nodeId, id));
      if (blind.some((view) => view.nodeId === id)) return ["its exo does not list itself as a live member yet"];
      return blind.length === 0 ? [] : [`exo on ${names(blind)} does not see it`];
    },
  };
}

/** The largest set of views joined by `joined`; of equal ones the first in the order given. */
function largestGroup(views: readonly ExoView[], joined: (left: ExoView, right: ExoView) => boolean): ExoView[] {
  let best: ExoView[] = [];
  const left = new Set(views);
  for (const start of views) {
    if (!left.delete(start)) continue;
    const group = [start];
    for (const member of group) {
      for (const other of [...left]) if (joined(member, other) && left.delete(other)) group.push(other);
    }
    if (group.length > best.length) best = group;
  }
  return best;
}
