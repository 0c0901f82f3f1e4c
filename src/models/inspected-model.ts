import type { ModelId } from "../cluster/names.js";
import type { EntrySpec } from "../cluster/registry-report.js";
import type { Finding, Verdict } from "./inspect/finding.js";
import type { ModelInspection } from "./inspect/inspection.js";
import type { ModelSpec, Quantization } from "./model-spec.js";

/** What exo's registry entry of inspected weights says, apart from names. */
export type EntryFacts = Pick<
  EntrySpec,
  "layers" | "hiddenSize" | "kvHeads" | "contextTokens" | "storageBytes" | "supportsTensor" | "family" | "quantization"
>;

/** What one agent found in the model folder of this id on its machine. */
export interface InspectedModel {
  readonly modelId: ModelId;
  /** Of the files themselves. A single weight file without an index is `complete` all the same: an agent makes the index. */
  readonly verdict: Verdict;
  /** Absent unless the files are complete and exo has a use for them. */
  readonly facts?: EntryFacts;
  /** Absent where `facts` are, and where these weights give no model to plan with. */
  readonly spec?: ModelSpec;
  /** One of the catalogue's ways to store weights; absent for all others. */
  readonly quantization?: Quantization;
  /** What somebody should know, the worst first. */
  readonly findings: readonly Finding[];
}

/** Longest words that an entry takes for a quantisation. */
const longestQuantization = 64;

const severities = ["broken", "incomplete", "unusable", "warning", "note"] as const;
const byWeight = (left: Finding, right: Finding): number =>
  severities.indexOf(left.severity) - severities.indexOf(right.severity);

/** What of an inspection is worth an entry in exo's registry. */
export function inspectedModel(modelId: ModelId, inspection: ModelInspection): InspectedModel {
  const { verdict, model: spec, facts: found } = inspection;
  const findings = inspection.findings.toSorted(byWeight);
  const facts = entryFacts(inspection);
  const quantization = found?.quantization.name;
  if (verdict !== "complete" || facts === undefined) return { modelId, verdict, findings };
  return {
    modelId,
    verdict,
    findings,
    facts,
    ...(spec === null ? {} : { spec }),
    ...(quantization === undefined ? {} : { quantization }),
  };
}

function entryFacts({ exo: { card }, facts }: ModelInspection): EntryFacts | undefined {
  if (card === null || facts === null) return undefined;
  const { numKeyValueHeads: kvHeads, contextLength: contextTokens } = card;
  if (kvHeads === null || contextTokens === null) return undefined;
  return {
    layers: card.nLayers,
    hiddenSize: card.hiddenSize,
    kvHeads,
    contextTokens,
    storageBytes: card.storageSizeInBytes,
    supportsTensor: card.supportsTensor,
    family: card.family,
    quantization: card.quantization.slice(0, longestQuantization),
  };
}
