import type { ClusterView } from "../apply/cluster-access.js";
import type { FleetNode } from "./fleet.js";
import type { ModelRun } from "./model-run.js";
import { instancesOf } from "./serving-models.js";

/**
 * Nodes that run gpt-oss, or shall, and whose exo may not find the vocabulary: without it, and without internet, such a node gets
 * ready and dies on the first chat.
 */
export function vocabularyProblems(
  fleet: readonly FleetNode[],
  runs: readonly ModelRun[],
  view: ClusterView | undefined,
): readonly string[] {
  const needing = new Set(runs.filter(isGptOss).flatMap((run) => nodesOf(run, view)));
  return fleet.flatMap(({ member, report }) => {
    const found = report?.value.exo.vocabulary;
    if (found === undefined || found.state === "ready" || !needing.has(member.name)) return [];
    const what =
      found.state === "missing"
        ? "exo has no o200k vocabulary, which gpt-oss needs: without internet its first answer fails"
        : "whether exo finds the o200k vocabulary, which gpt-oss needs, can't be known";
    return [`${member.name}: ${what}: ${found.note}`];
  });
}

const isGptOss = ({ model }: ModelRun): boolean => model?.entry.family === "gpt-oss";

function nodesOf(run: ModelRun, view: ClusterView | undefined): readonly string[] {
  const running = view === undefined ? [] : instancesOf(run, view).flatMap(({ stages }) => stages);
  const planned = (run.plan?.copies ?? []).flatMap(({ evaluation }) => evaluation.stages);
  return [...running, ...planned].flatMap(({ node }) => (node === undefined ? [] : [String(node)]));
}
