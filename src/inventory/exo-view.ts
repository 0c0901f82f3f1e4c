import type { ExoVariant } from "../cluster/exo-variant.js";
import type { ExoNodeId, NodeName } from "../cluster/names.js";
import type { NodeReport } from "../cluster/node-report.js";
import { isFresh, type Observed } from "../cluster/observed.js";
import type { ExoAddress, ExoObservation, ExoPeer } from "./exo-state.js";

/** Facts older than this say nothing about now. */
export const maxFactAgeMs = 10_000;
/** Macs report to exo at least once a second. A node that is so far behind the newest one has stopped. */
const maxLagMs = 5_000;
/** exo drops a node after 30 s of silence. So far from our own clock, everything exo knows has stopped, or clocks differ. */
const maxDriftMs = 30_000;

/** What one enrolled agent reported, however long ago. */
export interface AgentFacts {
  readonly name: NodeName;
  readonly report: Observed<NodeReport>;
  /** The machine's address as the controller reaches it; exo's API is there too. */
  readonly host?: string;
  /** Why the last attempt to ask it failed. */
  readonly trouble?: string;
}

/** What one exo answered about itself and about its whole cluster. Only for exos that answered at least once. */
export interface ExoView {
  readonly address: ExoAddress;
  readonly nodeId: ExoNodeId;
  /** Absent when it is older than 1.0.68. */
  readonly variant?: ExoVariant;
  readonly observation: Observed<ExoObservation>;
  /** True for an exo of a simulated Mac. */
  readonly simulated?: boolean;
}

/** Whether what this exo said is still worth anything. */
export const isCurrentView = (view: ExoView, now: number): boolean => isFresh(view.observation, now, maxFactAgeMs);

/** The newest view of each exo that is still worth anything. One exo may answer at several addresses. */
export function currentViews(views: readonly ExoView[], now: number): ExoView[] {
  const newest = new Map<ExoNodeId, ExoView>();
  for (const view of views.filter((candidate) => isCurrentView(candidate, now))) {
    const known = newest.get(view.nodeId);
    if (known === undefined || known.observation.at < view.observation.at) newest.set(view.nodeId, view);
  }
  return [...newest.values()];
}

/**
 * The nodes that this exo counts as members and has heard of lately. Lateness is measured against the newest node of the
 * same view, since clocks of Macs and controller differ a little, and against the observer's clock only in the large.
 */
export function livePeers(view: ExoView): ReadonlyMap<ExoNodeId, ExoPeer> {
  const { peers } = view.observation.value;
  const newest = Math.max(...peers.map((peer) => peer.lastSeenAt ?? Number.NEGATIVE_INFINITY));
  const alive = peers.filter(
    ({ inTopology, lastSeenAt }) =>
      inTopology &&
      lastSeenAt !== undefined &&
      newest - lastSeenAt <= maxLagMs &&
      Math.abs(view.observation.at - lastSeenAt) <= maxDriftMs,
  );
  return new Map(alive.map((peer) => [peer.id, peer]));
}
