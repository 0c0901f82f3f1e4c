import { z } from "zod";
import { modelId } from "../../cluster/names.js";
import type { Finding } from "../../models/inspect/finding.js";
import type { InspectedModel } from "../../models/inspected-model.js";
import type { ModelSpec } from "../../models/model-spec.js";
import { quantizations } from "../../models/quantized-bytes.js";
import { readModelId } from "../../register/entry-schema.js";
import type { InspectedModel as InspectedMessage } from "./generated/exoctl/agent/v1/InspectedModel.js";
import type { ModelFinding } from "./generated/exoctl/agent/v1/ModelFinding.js";
import type { PlannedModel } from "./generated/exoctl/agent/v1/PlannedModel.js";
import { wordOf } from "./report-messages.js";

const verdicts = {
  complete: "MODEL_VERDICT_COMPLETE",
  incomplete: "MODEL_VERDICT_INCOMPLETE",
  broken: "MODEL_VERDICT_BROKEN",
  unusable: "MODEL_VERDICT_UNUSABLE",
} as const;
const severities = {
  broken: "FINDING_SEVERITY_BROKEN",
  incomplete: "FINDING_SEVERITY_INCOMPLETE",
  unusable: "FINDING_SEVERITY_UNUSABLE",
  warning: "FINDING_SEVERITY_WARNING",
  note: "FINDING_SEVERITY_NOTE",
} as const;

/** Files of unknown origin can be wrong in any number of ways; nobody reads more of them than this. */
const mostFindings = 50;
const longestText = 2_000;

const cut = (text: string): string => text.slice(0, longestText);

const findingMessage = ({ severity, code, message, file, fix }: Finding): ModelFinding => ({
  severity: severities[severity],
  code,
  message: cut(message),
  ...(file === undefined ? {} : { file: cut(file) }),
  ...(fix === undefined ? {} : { fix: cut(fix) }),
});

const oddLayers = (layers: number): readonly number[] =>
  Array.from({ length: Math.floor(layers / 2) }, (_, index) => 2 * index + 1);

function specMessage({ exoCardBytes: _ofTheCatalogue, ...spec }: ModelSpec): PlannedModel {
  const full = spec.fullAttentionLayers;
  return {
    ...spec,
    fullAttentionLayers: [...(full === "odd" ? oddLayers(spec.layers) : full)],
    tensor: spec.tensor === undefined ? null : { ...spec.tensor, ways: [...spec.tensor.ways] },
  };
}

export const inspectedMessage = ({ facts, spec, findings, verdict, ...model }: InspectedModel): InspectedMessage => ({
  ...model,
  verdict: verdicts[verdict],
  facts: facts ?? null,
  spec: spec === undefined ? null : specMessage(spec),
  findings: findings.slice(0, mostFindings).map(findingMessage),
});

const text = z.string().max(longestText);
const count = z.number().int().positive().max(1_000_000_000);
const layerCount = z.number().int().positive().max(4_096);
const bytes = z.number().int().nonnegative();
const amount = z.number().nonnegative();

const factsSchema = z.object({
  layers: layerCount,
  hiddenSize: count,
  kvHeads: count,
  contextTokens: count,
  storageBytes: bytes.positive(),
  supportsTensor: z.boolean(),
  family: text,
  quantization: text,
});

const tensorSchema = z.object({
  ways: z.array(z.number().int().min(2).max(1_024)).max(64),
  denseBytesPerLayer: bytes,
  expertBytes: amount,
});

const specSchema = z
  .object({
    name: text,
    layers: layerCount,
    weightBytesPerLayer: bytes.positive(),
    denseBytesPerLayer: bytes,
    expertBytes: amount,
    experts: z.number().int().nonnegative().max(1_000_000),
    expertsPerToken: z.number().int().nonnegative().max(1_000_000),
    embedBytes: bytes,
    headBytes: bytes,
    normBytes: bytes,
    hiddenBytes: bytes.positive(),
    kvBytesPerTokenPerLayer: bytes,
    slidingWindow: bytes,
    kvStepTokens: count,
    fullAttentionLayers: z.array(z.number().int().nonnegative()).max(10_000),
    activeParametersPerLayer: amount.positive().optional(),
    attentionWidth: bytes.positive().optional(),
    tensor: tensorSchema.nullish(),
  })
  .refine(({ fullAttentionLayers, layers }) => fullAttentionLayers.every((layer) => layer < layers), {
    error: "a layer that attends to everything is none of the model's",
  })
  .transform(({ activeParametersPerLayer, attentionWidth, tensor, fullAttentionLayers, ...spec }): ModelSpec => {
    const odd = spec.layers > 1 && fullAttentionLayers.join() === oddLayers(spec.layers).join();
    return {
      ...spec,
      fullAttentionLayers: odd ? "odd" : fullAttentionLayers,
      ...(activeParametersPerLayer === undefined ? {} : { activeParametersPerLayer }),
      ...(attentionWidth === undefined ? {} : { attentionWidth }),
      ...(tensor === undefined || tensor === null ? {} : { tensor }),
    };
  });

const findingSchema = z
  .object({ severity: wordOf(severities), code: text, message: text, file: text.optional(), fix: text.optional() })
  .transform(({ file, fix, ...finding }): Finding => {
    return { ...finding, ...(file === undefined ? {} : { file }), ...(fix === undefined ? {} : { fix }) };
  });

const inspectedSchema = z
  .object({
    modelId: text.refine((id) => readModelId(id) !== undefined, "no model id").transform(modelId),
    verdict: wordOf(verdicts),
    facts: factsSchema.nullish(),
    spec: specSchema.nullish(),
    quantization: z.enum(quantizations).optional(),
    findings: z.array(findingSchema).max(mostFindings),
  })
  .transform(({ facts, spec, quantization, ...model }): InspectedModel => {
    return {
      ...model,
      ...(facts === undefined || facts === null ? {} : { facts }),
      ...(spec === undefined || spec === null ? {} : { spec }),
      ...(quantization === undefined ? {} : { quantization }),
    };
  });

const answerSchema = z.object({ model: inspectedSchema.nullish() });

/** @throws ZodError when an agent answers something else than its contract says */
export const readInspected = (message: unknown): InspectedModel | undefined =>
  answerSchema.parse(message).model ?? undefined;
