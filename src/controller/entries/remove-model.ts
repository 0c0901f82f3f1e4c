import type { ClusterAccess, ClusterView } from "../../apply/cluster-access.js";
import { type FoundFolder, isInScope, type RemovalScope } from "../../cluster/found-folder.js";
import type { NodeName } from "../../cluster/names.js";
import type { AgentLink } from "../../inventory/agent-link.js";
import type { Clock } from "../../runtime/clock.js";
import type { Fleet } from "../fleet.js";
import type { ProgressLine } from "../progress-line.js";
import type { StateStore } from "../state-store.js";
import type { RemovedFolder, RemovedNode, RemoveModelRequest, RemoveModelSummary } from "./entries-api.js";
import { entriesOnNode } from "./entries-on-node.js";
import { entryNodes, silentAgent, wordsOf } from "./entry-nodes.js";
import { forgetEntries } from "./forget-entries.js";
import { type ModelUses, refuseRemoval } from "./refuse-removal.js";
import { type RemovalTarget, removalTarget } from "./removal-target.js";

export interface RemoveModelDeps {
  readonly access: ClusterAccess;
  readonly fleet: Fleet;
  readonly store: StateStore;
  readonly desired: () => Pick<ModelUses, "desired" | "addedByRun">;
  readonly entryOf: ModelUses["entryOf"];
  readonly clock: Clock;
}

type Report = (line: ProgressLine) => void;

/** A node on the way. */
interface Work {
  readonly name: NodeName;
  readonly link: AgentLink | undefined;
  readonly result: RemovedNode;
}

/**
 * Takes our entries of a model and their links away, makes exo forget them, and deletes the files that are to go. Refuses before
 * the first change when somebody needs them.
 */
export async function removeModel(
  deps: RemoveModelDeps,
  request: RemoveModelRequest,
  report: Report,
  signal: AbortSignal,
): Promise<RemoveModelSummary> {
  const { nodes, wanted } = entryNodes(deps.fleet, request.on);
  const view = await deps.access.observe(signal);
  const target = removalTarget(request, deps.store.addedModels(), view);
  const uses = { ...deps.desired(), entryOf: deps.entryOf, added: deps.store.addedModels(), view };
  refuseRemoval(target, request, uses);
  const { name: model, entryId: entry, weightsOf } = target;
  const summary = { model, entry, weightsOf: weightsOf ?? null, mode: request.mode };
  const begun = nodes.map((node): Work => {
    const { name } = node.member;
    const empty = { node: name, entries: [], exo: null, folders: [] };
    if (node.link === undefined) return { name, link: undefined, result: { ...empty, problem: silentAgent(node) } };
    return { name, link: node.link, result: empty };
  });
  if (request.mode === "dry-run") {
    const seen = await Promise.all(begun.map((work) => foresee(work, target, request, view, signal)));
    return { ...summary, nodes: seen };
  }
  // First of all, so that nobody mends what is being taken away.
  await deps.store.dropModel(entry, wanted);
  const without = await takeEntries(deps, begun, target, report, signal);
  const done = await Promise.all(without.map((work) => removeFiles(work, target, request, report, signal)));
  return { ...summary, nodes: done };
}

/** The same work with a change of its node, or with the reason why that failed. */
async function on(
  work: Work,
  signal: AbortSignal,
  change: (link: AgentLink) => Promise<Partial<RemovedNode>>,
): Promise<Work> {
  if (work.link === undefined || work.result.problem !== undefined) return work;
  try {
    return { ...work, result: { ...work.result, ...(await change(work.link)) } };
  } catch (error) {
    signal.throwIfAborted();
    return { ...work, result: { ...work.result, problem: wordsOf(error) } };
  }
}

async function foresee(
  work: Work,
  target: RemovalTarget,
  request: RemoveModelRequest,
  view: ClusterView,
  signal: AbortSignal,
): Promise<RemovedNode> {
  const seen = await on(work, signal, async (link) => {
    const registry = view.registries.get(work.name) ?? (await link.describeRegistry(signal));
    const entries = entriesOnNode(target.entryId, registry);
    const found = await findFiles(link, target, request, signal);
    const folders = found.map((folder) =>
      described(folder, isInScope(folder, scopeOf(request)) ? "to-be-removed" : "kept"),
    );
    return { entries, folders };
  });
  return seen.result;
}

/** Twice where needed: whoever was mending the registry at that moment may have written an entry once more. */
async function takeEntries(
  { access, clock }: RemoveModelDeps,
  begun: readonly Work[],
  { entryId }: RemovalTarget,
  report: Report,
  signal: AbortSignal,
): Promise<readonly Work[]> {
  const take = (works: readonly Work[]): Promise<readonly Work[]> =>
    Promise.all(
      works.map((work) =>
        on(work, signal, async (link) => {
          const ids = entriesOnNode(entryId, await link.describeRegistry(signal));
          for (const id of ids) await link.removeEntry(id, signal);
          return { entries: [...new Set([...work.result.entries, ...ids])] };
        }),
      ),
    );
  const step = `take ${entryId} out of the registries`;
  report({ kind: "begin", text: step });
  const taken = await take(begun);
  const reached = taken.flatMap(({ name, link, result }) =>
    link === undefined || result.problem !== undefined ? [] : [{ name, link }],
  );
  const exo = await forgetEntries({ access, clock }, entryId, reached, signal);
  const again = await take(taken);
  report({
    kind: "end",
    text: step,
    outcome: `${again.reduce((sum, { result }) => sum + result.entries.length, 0)} taken away`,
  });
  return again.map((work) => ({ ...work, result: { ...work.result, exo: exo.get(work.name) ?? null } }));
}

const scopeOf = ({ named }: RemoveModelRequest): RemovalScope =>
  named === undefined ? "placed-by-exoctl" : "whoever-placed-them";

const findFiles = async (
  link: AgentLink,
  { weightsOf }: RemovalTarget,
  { files }: RemoveModelRequest,
  signal: AbortSignal,
): Promise<readonly FoundFolder[]> =>
  files === "keep" || weightsOf === undefined ? [] : await link.removal.find(weightsOf, signal);

const described = (
  { path, bytes, files, placedBy }: FoundFolder,
  outcome: RemovedFolder["outcome"],
): RemovedFolder => ({
  path,
  bytes,
  files,
  placedBy: placedBy ?? null,
  outcome,
});

async function removeFiles(
  work: Work,
  target: RemovalTarget,
  request: RemoveModelRequest,
  report: Report,
  signal: AbortSignal,
): Promise<RemovedNode> {
  const { weightsOf } = target;
  const done = await on(work, signal, async (link) => {
    const found = await findFiles(link, target, request, signal);
    const going = found.filter((folder) => isInScope(folder, scopeOf(request)));
    if (weightsOf === undefined || going.length === 0)
      return { folders: found.map((folder) => described(folder, "kept")) };
    for (const folder of going) report({ kind: "info", text: `${work.name}: removing ${describeFolder(folder)}` });
    const { removed, kept } = await link.removal.removeFiles(weightsOf, scopeOf(request), signal);
    return {
      folders: [
        ...removed.map((folder) => described(folder, "removed")),
        ...kept.map((folder) => described(folder, "kept")),
      ],
    };
  });
  return done.result;
}

const describeFolder = ({ path, bytes, files, placedBy }: FoundFolder): string => {
  const author = placedBy === undefined ? "not put there by exoctl" : `put there by exoctl (${placedBy})`;
  return `${path}: ${(bytes / 1e9).toFixed(2)} GB in ${files} file${files === 1 ? "" : "s"}, ${author}`;
};
