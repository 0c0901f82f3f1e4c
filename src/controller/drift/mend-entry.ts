import { notListed } from "../../apply/apply-problems.js";
import type { ClusterAccess } from "../../apply/cluster-access.js";
import type { NodeName } from "../../cluster/names.js";
import type { EntrySpec } from "../../cluster/registry-report.js";
import type { Remedy } from "./compare-entry.js";

/**
 * Mends one entry on one node. Files and exo's list are all that it touches: what runs goes on running.
 *
 * Rejects when nothing was changed, with the reason as its message.
 */
export async function mendEntry(
  access: ClusterAccess,
  node: NodeName,
  entry: EntrySpec,
  remedy: Exclude<Remedy, "by-hand">,
  signal: AbortSignal,
): Promise<void> {
  switch (remedy) {
    case "write":
      return await write(access, node, entry, signal);
    case "rescan":
      return await rescan(access, node, entry, signal);
    default:
      return remedy satisfies never;
  }
}

async function write(access: ClusterAccess, node: NodeName, entry: EntrySpec, signal: AbortSignal): Promise<void> {
  const agent = access.agent(node);
  if (agent === undefined) throw new Error(`the agent on ${node} cannot be reached`);
  const { entry: card, weights } = await agent.ensureEntry(entry, signal);
  if (card === "unchanged" && weights !== "linked") throw new Error(`the agent on ${node} found nothing to write`);
}

async function rescan(access: ClusterAccess, node: NodeName, entry: EntrySpec, signal: AbortSignal): Promise<void> {
  const exo = access.exo(node);
  if (exo === undefined) throw new Error(`exo on ${node} cannot be reached`);
  if ((await exo.rescan(entry.modelId, signal)) === "unknown") throw notListed(entry.modelId, node);
}
