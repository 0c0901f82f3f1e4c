import { z } from "zod";

const positive = z.number().positive();
const notNegative = z.number().nonnegative();
const count = z.int().positive();
const bytes = notNegative;
const name = z.string().min(1);

/** Shapes of the parts of a plan request. Relations between the parts are checked afterwards. */
export const nodeShape = z.strictObject({
  name,
  chip: z.string().min(1).optional(),
  memoryBytes: positive.optional(),
  availableBytes: bytes.optional(),
  budgetBytes: bytes.optional(),
  reserveBytes: bytes.optional(),
  effBytesPerSec: positive.optional(),
  overheadSecPerLayer: notNegative.optional(),
  cordoned: z.boolean().optional(),
});

export const linkShape = z.strictObject({
  from: name,
  to: name,
  alphaSec: notNegative,
  bytesPerSec: positive,
  kind: z.string().optional(),
});

export const defaultLinkShape = z.strictObject({ alphaSec: notNegative, bytesPerSec: positive });

export const quantizationShape = z.enum(["MXFP4-Q8", "MXFP4-Q4", "affine-4", "affine-8", "bf16"]);

export const namedModelShape = z.strictObject({ name, quantization: quantizationShape.optional() });

/** A model in numbers. Optional fields sharpen the prediction of prefill, what exo would do, and allow tensor parallelism. */
export const inlineModelShape = z.strictObject({
  name: name.optional(),
  layers: count.max(4096),
  weightBytesPerLayer: positive,
  denseBytesPerLayer: notNegative,
  expertBytes: notNegative,
  experts: z.int().nonnegative(),
  expertsPerToken: z.int().nonnegative(),
  embedBytes: bytes,
  headBytes: bytes,
  normBytes: bytes,
  hiddenBytes: positive,
  kvBytesPerTokenPerLayer: notNegative,
  slidingWindow: z.int().nonnegative(),
  kvStepTokens: count,
  fullAttentionLayers: z.union([z.literal("odd"), z.array(z.int().nonnegative())]),
  activeParametersPerLayer: positive.optional(),
  attentionWidth: positive.optional(),
  exoCardBytes: positive.optional(),
  tensor: z
    .strictObject({ ways: z.array(count), denseBytesPerLayer: notNegative, expertBytes: notNegative })
    .optional(),
});

export const workloadShape = z.strictObject({
  contextTokens: count.optional(),
  concurrency: count.optional(),
  batch: count.optional(),
});

export const pinShape = z.strictObject({
  node: name,
  startLayer: z.int().nonnegative(),
  endLayer: z.int().positive(),
});

const stagesShape = z.array(pinShape).min(1);
export const runningShape = stagesShape;

/** A measured decode step of a placement, such as `bench` reports it. */
export const measurementShape = z.strictObject({
  stages: stagesShape,
  contextTokens: count,
  batch: count.optional(),
  stepSec: positive,
});

export const objectiveShape = z.enum(["latency", "bottleneck", "throughput"]);
export const outputPolicyShape = z.enum(["replicated", "tail"]);
export const shardingShape = z.enum(["pipeline", "tensor", "auto"]);
export const replicasShape = z.union([z.literal(1), z.literal("auto")]);
export const nodeCountShape = count;

/** Every field that a request may have. */
export const requestFields = [
  "nodes",
  "links",
  "defaultLink",
  "model",
  "quantization",
  "workload",
  "objective",
  "outputPolicy",
  "sharding",
  "replicas",
  "minNodes",
  "maxNodes",
  "pins",
  "running",
  "measurements",
] as const;
