import type { ModelId } from "../../cluster/names.js";
import type { Quantization } from "../model-spec.js";

/** What is to be converted on a node. Both ids name folders in exo's models folders there. */
export interface ConversionOrder {
  readonly source: ModelId;
  readonly target: ModelId;
  readonly quantization: Quantization;
}

/** A size and how well it is known. `estimated`: from the number of parameters alone. */
export interface ExpectedBytes {
  readonly bytes: number;
  readonly sureness: "exact" | "estimated";
}

/** One run of mlx_lm's converter. */
export interface ConversionStep {
  /** What its result is. All but the last are thrown away when the next one has read them. */
  readonly into: Quantization;
  /** Arguments of `mlx_lm convert` besides the two paths. */
  readonly args: readonly string[];
  readonly expected: ExpectedBytes;
}

/** What a conversion would do, and what it needs. */
export interface ConversionPlan {
  readonly steps: readonly [ConversionStep, ...ConversionStep[]];
  readonly needs: {
    /** Free bytes on the disk of exo's models folder. */
    readonly diskBytes: number;
    /** Memory that no other program uses. */
    readonly memoryBytes: number;
  };
}

/** A conversion that has passed every check, and what the node had when it was checked. */
export interface CheckedConversion extends ConversionPlan {
  readonly mlxLmVersion: string;
  readonly freeDiskBytes: number;
  readonly availableMemoryBytes: number;
}

/** One thing that stands in the way of a conversion, in one sentence, and what can be done about it. */
export interface ConversionObstacle {
  readonly why: string;
  readonly fix: string;
}

/** Whether a conversion can be begun. Everything that stands in the way is told at once. */
export type ConversionCheck =
  | { readonly kind: "possible"; readonly conversion: CheckedConversion }
  | { readonly kind: "not-possible"; readonly obstacles: readonly ConversionObstacle[] };

/** `loading` to `writing` are the converter's own; it reads most weights only while it writes. */
export type ConversionPhase = "checking" | "loading" | "quantizing" | "dequantizing" | "writing" | "inspecting";

/** How far a conversion is. */
export interface ConversionProgress {
  readonly phase: ConversionPhase;
  /** From 1. */
  readonly step: number;
  readonly steps: number;
  /** What this step has on disk so far. */
  readonly writtenBytes: number;
  readonly expectedBytes: number;
  /** The newest lines of the converter's output since the last report, oldest first. */
  readonly lines: readonly string[];
}

/** A conversion that has ended well, by what was found in the folder before it got its name. */
export interface ConversionResult {
  readonly target: ModelId;
  readonly quantization: Quantization;
  readonly layers: number;
  /** All tensors. */
  readonly weightBytes: number;
  readonly bitsPerWeight: number;
  readonly tookMs: number;
}
