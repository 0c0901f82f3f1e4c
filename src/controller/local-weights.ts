import type { ClusterAccess, ClusterView } from "../apply/cluster-access.js";
import type { ModelId } from "../cluster/names.js";
import type { ModelEntry } from "../config/cluster-spec.js";
import { catalogueDifferences } from "../models/catalogue-differences.js";
import { weightsOfSource } from "../models/known-models.js";
import { type AgreedWeights, agreeOnWeights, inspectEverywhere } from "./inspect-everywhere.js";

/** What the folders that `source: /folder` names hold, as far as they have been looked at. Found out again after a restart. */
export interface LocalWeights {
  /**
   * Looks at the folder of a model that names one, on every node. Nothing for all other models.
   *
   * @returns what people should know of it, one sentence each
   * @throws Problem when no node has it, or nodes have different ones
   */
  look(entry: ModelEntry, view: ClusterView, signal: AbortSignal): Promise<readonly string[]>;
  known(): ReadonlyMap<ModelId, AgreedWeights>;
}

/** Inspects through the agents; remembers the newest answers. */
export function createLocalWeights(access: ClusterAccess): LocalWeights {
  const known = new Map<ModelId, AgreedWeights>();
  return {
    look: async (entry, view, signal) => {
      const id = weightsOfSource(entry);
      if (id === undefined) return [];
      const nodes = view.inventory.nodes.flatMap(({ name }) => {
        const link = access.agent(name);
        return link === undefined ? [] : [{ name, link }];
      });
      const agreed = agreeOnWeights(id, await inspectEverywhere(id, nodes, signal));
      known.set(id, agreed);
      return [...agreed.notes, ...differenceNotes(entry, agreed)];
    },
    known: () => known,
  };
}

/** What the weights of a model's folder are that the catalogue does not say of it; the files count. */
export function differenceNotes(entry: ModelEntry, { id, facts, quantization }: AgreedWeights): readonly string[] {
  const differences = catalogueDifferences(entry.name, entry.quantization, facts, quantization);
  if (differences.length === 0) return [];
  return [
    `${entry.name} runs from ${id}, which is not what the catalogue says of it in ${entry.quantization}: ${differences.join(", ")}; the files count`,
  ];
}
