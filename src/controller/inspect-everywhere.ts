import { nameOfModelId } from "../cluster/local-model-id.js";
import type { ModelId, NodeName } from "../cluster/names.js";
import type { ModelInspectLink } from "../inventory/model-inspect-link.js";
import { catalogueDifferences } from "../models/catalogue-differences.js";
import type { InspectedModel } from "../models/inspected-model.js";
import type { InspectedWeights } from "../models/known-models.js";
import { Problem } from "../runtime/problem.js";

/** What one node says of a model's files: what it found, nothing, or why it could not say. */
export interface NodeInspection {
  readonly node: NodeName;
  readonly found: InspectedModel | undefined | Error;
}

/** Usable weights, as all nodes that have them agree. */
export interface AgreedWeights extends InspectedWeights {
  readonly id: ModelId;
  readonly quantization?: InspectedModel["quantization"];
  /** Nodes that have them. */
  readonly nodes: readonly NodeName[];
  /** What people should know, one sentence each: nodes that could not say, files that are no use, what is not as expected. */
  readonly notes: readonly string[];
}

/** Asks every node for its files of a model, all at the same time. Rejects only on abort. */
export async function inspectEverywhere(
  id: ModelId,
  nodes: readonly { readonly name: NodeName; readonly link: ModelInspectLink }[],
  signal: AbortSignal,
): Promise<readonly NodeInspection[]> {
  const ask = async (link: ModelInspectLink): Promise<NodeInspection["found"]> => {
    try {
      return await link.inspectModel(id, signal);
    } catch (error) {
      signal.throwIfAborted();
      return error instanceof Error ? error : new Error(String(error));
    }
  };
  return await Promise.all(nodes.map(async ({ name, link }) => ({ node: name, found: await ask(link) })));
}

type Usable = { readonly node: NodeName; readonly found: InspectedModel & InspectedWeights };

const isUsable = (inspection: NodeInspection): inspection is Usable =>
  inspection.found !== undefined &&
  !(inspection.found instanceof Error) &&
  inspection.found.facts !== undefined &&
  inspection.found.spec !== undefined;

/** What is compared: everything that a registry entry and a plan are made of. */
const weightsOf = ({ facts, spec }: InspectedModel): string => JSON.stringify([facts, spec]);

/**
 * What the nodes' answers come to.
 *
 * @throws Problem `no_such_weights` when no node has the model, `weights_unusable` when none has usable files, `weights_differ` when
 *   nodes have different ones
 */
export function agreeOnWeights(id: ModelId, inspections: readonly NodeInspection[]): AgreedWeights {
  const usable = inspections.filter(isUsable);
  const [first, ...others] = usable;
  const notes = inspections.filter((inspection) => !isUsable(inspection)).flatMap(noteOn);
  if (first === undefined) throw notes.length > 0 ? unusable(id, notes) : nowhere(id);
  const differing = others.find(({ found }) => weightsOf(found) !== weightsOf(first.found));
  if (differing !== undefined) throw different(id, usable);
  const { facts, spec, quantization, findings } = first.found;
  return {
    id,
    facts,
    spec,
    ...(quantization === undefined ? {} : { quantization }),
    nodes: usable.map(({ node }) => node),
    notes: [
      ...notes,
      ...findings.filter(({ severity }) => severity === "warning").map(({ message }) => `${id}: ${message}`),
      ...catalogueNotes(id, first.found),
    ],
  };
}

/** A folder that has the name of a model of the catalogue, and other weights than that has in this quantisation. */
function catalogueNotes(id: ModelId, { facts, quantization }: Usable["found"]): readonly string[] {
  const name = nameOfModelId(id);
  const differences = quantization === undefined ? [] : catalogueDifferences(name, quantization, facts, quantization);
  if (differences.length === 0) return [];
  return [`${id} is not what the catalogue says of ${name}: ${differences.join(", ")}; the files count`];
}

function noteOn({ node, found }: NodeInspection): readonly string[] {
  if (found === undefined) return [];
  if (found instanceof Error) return [`${node} could not be asked: ${found.message}`];
  const [worst] = found.findings;
  const why = worst === undefined ? "they give no registry entry" : wordFinding(worst);
  return [`its files on ${node} are no use (${found.verdict}): ${why}`];
}

const wordFinding = ({ file, message }: InspectedModel["findings"][number]): string =>
  file === undefined ? message : `${file}: ${message}`;

const nowhere = (id: ModelId): Problem =>
  new Problem(
    "failed",
    "no_such_weights",
    `no node has a model ${id}`,
    `Start the agent of a node that has it with --models-folder and the folder that holds ${nameOfModelId(id)}.`,
  );

const unusable = (id: ModelId, notes: readonly string[]): Problem =>
  new Problem(
    "failed",
    "weights_unusable",
    `no node has usable files of ${id}: ${notes.join("; ")}`,
    "On that machine, `exoctl model inspect DIR` says what is wrong with a folder and what to do.",
  );

function different(id: ModelId, usable: readonly Usable[]): Problem {
  const each = usable.map(
    ({ node, found: { facts } }) =>
      `${node} has ${facts.storageBytes} bytes, ${facts.layers} layers, ${facts.quantization}`,
  );
  return new Problem(
    "failed",
    "weights_differ",
    `nodes have different weights under ${id}: ${each.join("; ")}`,
    "Give one of the folders another name, or copy the right one to all nodes: exoctl model sync.",
  );
}
