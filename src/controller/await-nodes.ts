import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import type { InventoryNode } from "../inventory/inventory.js";
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
  /** What plans may use: with `rdma`, a pair of nodes with RDMA is waited for as further nodes are. `untold`: nobody says anything of links. Default `tcp`. */
  readonly links?: "tcp" | "rdma" | "untold";
  /** Why exos did not answer, one sentence each. */
  readonly exoTroubles: () => readonly string[];
  /** Give up, or go on with what is ready, after so long. Undefined: wait for the first node without end. */
  readonly waitMs?: number;
}

/** How long further nodes and links may still come once a node is ready. exo tries its peers' addresses every 10 s. */
const settleMs = 15_000;
const pollMs = 200;

/**
 * Waits until the nodes that are to be expected are ready and linked, or some are and the others had their time. Nodes and
 * links come up one by one; a plan for the first of them would be thrown away at once.
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
    const linked =
      options.links === "untold" ||
      (allLinked(ready, view) && (options.links !== "rdma" || ready.length < 2 || hasRdmaPair(ready, view)));
    const wanted = options.expected ?? Math.max(1, options.members().length, view.inventory.nodes.length);
    if (ready.length >= wanted && linked) return view;
    firstReadyAt = ready.length === 0 ? undefined : (firstReadyAt ?? clock.now());
    const late = options.waitMs !== undefined && clock.now() - startedAt >= options.waitMs;
    if (firstReadyAt !== undefined && (late || clock.now() - firstReadyAt >= settleMs)) return view;
    const why = waitingFor(view, options);
    if (late) throw new Problem("unreachable", "no_nodes", `no node became ready: ${why}`, hintFor(options));
    if (why !== told) report({ kind: "note", text: why });
    told = why;
    await clock.sleep(pollMs, signal);
  }
}

/** Whether each of them reaches each other one, as far as exo has found out. */
function allLinked(nodes: readonly InventoryNode[], view: ClusterView): boolean {
  const links = new Set(view.inventory.links.map(({ from, to }) => JSON.stringify([from, to])));
  return nodes.every(({ name: from }) =>
    nodes.every(({ name: to }) => from === to || links.has(JSON.stringify([from, to]))),
  );
}

/** exo tells of RDMA a few seconds after all else. */
const hasRdmaPair = (nodes: readonly InventoryNode[], { inventory }: ClusterView): boolean => {
  const names = new Set(nodes.map(({ name }) => name));
  const rdma = inventory.links.filter(({ kind, from, to }) => kind === "rdma" && names.has(from) && names.has(to));
  return rdma.some((link) => rdma.some(({ from, to }) => from === link.to && to === link.from));
};

function waitingFor(view: ClusterView, options: AwaitNodesOptions): string {
  const silent = options.members().filter((name) => !view.inventory.nodes.some((node) => node.name === name));
  const reasons = [
    ...view.inventory.nodes
      .filter((node) => node.notReady.length > 0)
      .map((node) => `${node.name}: ${node.notReady[0]}`),
    ...silent.map((name) => `${name}: its agent has not answered yet`),
    ...options.exoTroubles(),
  ];
  if (reasons.length > 0) return reasons.join("; ");
  return view.inventory.nodes.length === 0 ? "none is known" : "links between them are still being found";
}

function hintFor({ members, exoTroubles }: AwaitNodesOptions): string {
  if (exoTroubles().length > 0) return "Check that exo runs there, and that this machine reaches its API port.";
  return members().length === 0
    ? "Enrol a node: `exoctl token create` prints what to run on it. Or name exos with --exo HOST,..."
    : "Check that the agents run and that this machine reaches them; `exoctl discover` says more.";
}
