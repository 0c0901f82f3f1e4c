import { z } from "zod";

// The upper limits are far beyond any machine. They keep sums of bytes and seconds finite, so that a slip of the pen is
// reported as one instead of as a missing link or as infinite memory.
const mostBytes = Number.MAX_SAFE_INTEGER;
const mostSec = 1e9;
const mostOf = 1e9;

const bytes = z.number().nonnegative().max(mostBytes);
const someBytes = z.number().positive().max(mostBytes);
const seconds = z.number().nonnegative().max(mostSec);
const perSecond = z.number().min(1);
const count = z.int().positive().max(mostOf);
const upTo = z.int().nonnegative().max(mostOf);
const name = z.string().min(1);

/** Shapes of the parts of a plan request. Relations between the parts are checked afterwards. */
export const nodeShape = z.strictObject({
  name,
  chip: z.string().min(1).optional(),
  memoryBytes: someBytes.optional(),
  availableBytes: bytes.optional(),
  budgetBytes: bytes.optional(),
  reserveBytes: bytes.optional(),
  effBytesPerSec: perSecond.optional(),
  overheadSecPerLayer: seconds.optional(),
  cordoned: z.boolean().optional(),
});

export const linkShape = z.strictObject({
  from: name,
  to: name,
  alphaSec: seconds,
  bytesPerSec: perSecond,
  kind: z.string().optional(),
});

export const defaultLinkShape = z.strictObject({ alphaSec: seconds, bytesPerSec: perSecond });

export const quantizationShape = z.enum(["MXFP4-Q8", "MXFP4-Q4", "affine-4", "affine-8", "bf16"]);

export const namedModelShape = z.strictObject({ name, quantization: quantizationShape.optional() });

/** A model in numbers. Optional fields sharpen the prediction of prefill, what exo would do, and allow tensor parallelism. */
export const inlineModelShape = z.strictObject({
  name: name.optional(),
  layers: count.max(4096),
  weightBytesPerLayer: someBytes,
  denseBytesPerLayer: bytes,
  expertBytes: bytes,
  experts: upTo,
  expertsPerToken: upTo,
  embedBytes: bytes,
  headBytes: bytes,
  normBytes: bytes,
  hiddenBytes: someBytes,
  kvBytesPerTokenPerLayer: bytes,
  slidingWindow: upTo,
  kvStepTokens: count,
  fullAttentionLayers: z.union([z.literal("odd"), z.array(upTo)]),
  activeParametersPerLayer: someBytes.optional(),
  attentionWidth: someBytes.optional(),
  exoCardBytes: someBytes.optional(),
  tensor: z.strictObject({ ways: z.array(count), denseBytesPerLayer: bytes, expertBytes: bytes }).optional(),
});

export const workloadShape = z.strictObject({
  contextTokens: count.optional(),
  concurrency: count.optional(),
  batch: count.optional(),
});

export const pinShape = z.strictObject({
  node: name,
  startLayer: upTo,
  endLayer: count,
});

/** A measured decode step of a placement, such as `bench` reports it. Its stages are read like those that run now. */
export const measurementShape = z.strictObject({
  stages: z.unknown(),
  contextTokens: count,
  batch: count.optional(),
  stepSec: z.number().positive().max(mostSec),
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
