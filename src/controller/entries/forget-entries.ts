import type { ClusterAccess, ClusterView } from "../../apply/cluster-access.js";
import type { ModelId, NodeName } from "../../cluster/names.js";
import type { AgentLink } from "../../inventory/agent-link.js";
import type { Clock } from "../../runtime/clock.js";
import type { RemovedNode } from "./entries-api.js";
import { listedOn, mayBeForgotten } from "./entries-on-node.js";

/** exo passes the command through its master and looks at its cards about once a second. */
const patienceMs = 6_000;
const pauseMs = 300;

interface NodeLink {
  readonly name: NodeName;
  readonly link: AgentLink;
}

/**
 * Makes the exos of these nodes forget an entry and its copies, whose cards are gone by now: exo keeps what it has read until it
 * is started again, unless it is asked to delete a card of its own.
 *
 * @returns for each node what came of it; `restart` also where exo could not be asked
 */
export async function forgetEntries(
  { access, clock }: { readonly access: ClusterAccess; readonly clock: Clock },
  entryId: ModelId,
  nodes: readonly NodeLink[],
  signal: AbortSignal,
): Promise<ReadonlyMap<NodeName, RemovedNode["exo"]>> {
  const first = await access.observe(signal);
  const known = nodes.map((node) => ({ ...node, ids: listedOn(entryId, first, node.name) }));
  const asked = known.filter(({ ids }) => (ids?.length ?? 0) > 0);
  try {
    await Promise.all(asked.map((node) => askOn(access, node, node.ids ?? [], first, signal)));
    const last = await waitForAll(access, clock, entryId, asked, signal);
    const outcome = ({ name, ids }: (typeof known)[number]): RemovedNode["exo"] => {
      if (ids === undefined) return "does-not-answer";
      if (ids.length === 0) return null;
      return listedOn(entryId, last, name)?.length === 0 ? "forgot-it" : "restart";
    };
    return new Map(known.map((node) => [node.name, outcome(node)]));
  } finally {
    await Promise.all(asked.map((node) => clearNotes(node.link, node.ids ?? [])));
  }
}

async function askOn(
  access: ClusterAccess,
  { name, link }: NodeLink,
  ids: readonly ModelId[],
  view: ClusterView,
  signal: AbortSignal,
): Promise<void> {
  for (const id of ids.filter((each) => mayBeForgotten(each, view))) {
    try {
      if ((await link.removal.leaveForgetNote(id, signal)) === "left") await access.exo(name)?.forget(id, signal);
    } catch {
      // An agent or an exo that can't do it now: what exo lists in the end tells, and a restart helps.
      signal.throwIfAborted();
    }
  }
}

async function waitForAll(
  access: ClusterAccess,
  clock: Clock,
  entryId: ModelId,
  asked: readonly NodeLink[],
  signal: AbortSignal,
): Promise<ClusterView> {
  const until = clock.now() + patienceMs;
  for (;;) {
    const view = await access.observe(signal);
    const done = asked.every(({ name }) => listedOn(entryId, view, name)?.length === 0);
    if (done || clock.now() >= until) return view;
    await clock.sleep(pauseMs, signal);
  }
}

/** Not under the caller's signal: notes are not to stay behind. One that does is swept when the agent starts again. */
async function clearNotes(link: AgentLink, ids: readonly ModelId[]): Promise<void> {
  for (const id of ids) await link.removal.clearForgetNote(id, AbortSignal.timeout(patienceMs)).catch(() => undefined);
}
