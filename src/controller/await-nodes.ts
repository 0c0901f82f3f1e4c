import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import type { Clock } from "../runtime/clock.js";
import { Problem } from "../runtime/problem.js";
import type { Report } from "./model-work.js";

export interface AwaitNodesOptions {
  readonly access: ClusterAccess;
  readonly clock: Clock;
  readonly report: Report;
  /** Wait for so many ready nodes; without it for all that are known. */
  readonly expected?: number;
  /** Names of all members, heard of or not. */
  readonly members: () => readonly string[];
  /** Give up, or go on with what is ready, after so long. Undefined: wait for the first node without end. */
  readonly waitMs?: number;
}

/** How long further nodes may still come once one is ready. */
const settleMs = 10_000;
const pollMs = 200;

/**
 * Waits until the nodes that are to be expected are ready, or some are and the others had their time. Nodes come up one by
 * one; a plan for the first of them would be thrown away at once.
 *
 * @throws Problem `no_nodes` (unreachable) when none became ready in time; its hint says what stood in the way.
 */
export async function awaitNodes(options: AwaitNodesOptions, signal: AbortSignal): Promise<ClusterView> {
  const { access, clock, report } = options;
  const startedAt = clock.now();
  let firstReadyAt: number | undefined;
  let told = "";
  for (;;) {
    const view = await access.observe(signal);
    const ready = view.inventory.nodes.filter((node) => node.notReady.length === 0);
    const wanted = options.expected ?? Math.max(1, options.members().length, view.inventory.nodes.length);
    if (ready.length >= wanted) return view;
    if (ready.length > 0) firstReadyAt ??= clock.now();
    const late = options.waitMs !== undefined && clock.now() - startedAt >= options.waitMs;
    if (firstReadyAt !== undefined && (late || clock.now() - firstReadyAt >= settleMs)) return view;
    const why = waitingFor(view, options.members());
    if (late) throw new Problem("unreachable", "no_nodes", `no node became ready: ${why}`, hintFor(options.members()));
    if (why !== told) report({ kind: "note", text: why });
    told = why;
    await clock.sleep(pollMs, signal);
  }
}

function waitingFor(view: ClusterView, members: readonly string[]): string {
  const silent = members.filter((name) => !view.inventory.nodes.some((node) => node.name === name));
  const reasons = [
    ...view.inventory.nodes
      .filter((node) => node.notReady.length > 0)
      .map((node) => `${node.name}: ${node.notReady[0]}`),
    ...silent.map((name) => `${name}: its agent has not answered yet`),
  ];
  return reasons.length === 0 ? "none is known" : reasons.join("; ");
}

const hintFor = (members: readonly string[]): string =>
  members.length === 0
    ? "Enrol a node: `exoctl token create` prints what to run on it. Or name exos with --exo HOST,..."
    : "Check that the agents run and that this machine reaches them; `exoctl discover` says more.";
