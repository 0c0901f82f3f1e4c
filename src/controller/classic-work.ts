import PQueue from "p-queue";
import { changeEverywhere } from "../apply/classic/change-everywhere.js";
import { addingEntry, type ClassicChange, removingEntry } from "../apply/classic/classic-change.js";
import type { ClassicClusterReport, ClassicNodeListing } from "../apply/classic/classic-cluster-report.js";
import { compareFiles } from "../apply/classic/compare-files.js";
import type { Step } from "../apply/classic/node-result.js";
import { type ChosenNodes, chooseClassicNodes, requireAnswers } from "./choose-classic-nodes.js";
import type { ClassicApi, ClassicNodes } from "./classic-api.js";
import type { Fleet } from "./fleet.js";
import type { ProgressLine } from "./progress-line.js";

export interface ClassicWorkDeps {
  readonly fleet: Fleet;
  /** Ends with the controller. */
  readonly lifetime: AbortSignal;
}

export interface ClassicWork extends ClassicApi {
  /** Resolves when no change is under way. */
  idle(): Promise<void>;
}

/** Changes to the registries of exo 0.0.x, one at a time. */
export function createClassicWork({ fleet, lifetime }: ClassicWorkDeps): ClassicWork {
  const queue = new PQueue({ concurrency: 1 });
  const chosen = async ({ on }: ClassicNodes): Promise<ChosenNodes> => {
    await fleet.refresh(lifetime);
    return chooseClassicNodes(fleet.nodes(), on);
  };
  const everywhere = (
    request: ClassicNodes,
    change: ClassicChange,
    effect: "write" | "show",
    report: (line: ProgressLine) => void,
  ): Promise<ClassicClusterReport> =>
    queue.add(async () => {
      const nodes = requireAnswers(await chosen(request));
      return await changeEverywhere(nodes, change, { effect, step: stepsTo(report) }, lifetime);
    });
  return {
    addClassicEntry: ({ wish: { effect, ...wish }, ...request }, report) =>
      everywhere(request, addingEntry(wish), effect, report),
    removeClassicEntry: ({ wish: { id, effect }, ...request }, report) =>
      everywhere(request, removingEntry(id), effect, report),
    listClassicEntries: async (request) => {
      const { answering, silent } = await chosen(request);
      const listed = await Promise.all(
        answering.map(async ({ name, registry }): Promise<ClassicNodeListing> => {
          try {
            return { node: name, description: await registry.describe([], lifetime), trouble: null };
          } catch (error) {
            return { node: name, description: null, trouble: error instanceof Error ? error.message : String(error) };
          }
        }),
      );
      const files = listed.flatMap(({ node, description }) => (description === null ? [] : [{ node, description }]));
      const ids = files.flatMap(({ description }) => description.entries.map(({ entry }) => entry.id));
      const away = silent.map(({ name, trouble }) => ({ node: name, description: null, trouble }));
      return { nodes: [...listed, ...away], comparison: compareFiles(files, [...new Set(ids)]) };
    },
    idle: () => queue.onIdle(),
  };
}

const stepsTo =
  (report: (line: ProgressLine) => void): Step =>
  async (text, work, outcomeOf) => {
    report({ kind: "begin", text });
    const value = await work();
    report({ kind: "end", text, outcome: outcomeOf(value) });
    return value;
  };
