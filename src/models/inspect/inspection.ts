import type { ModelSpec } from "../model-spec.js";
import type { Finding, Verdict } from "./finding.js";
import type { ExoJudgement } from "./judge-for-exo.js";
import type { LayerKind } from "./layer-kinds.js";
import type { Layout } from "./layout.js";
import type { QuantizationFacts } from "./name-quantization.js";

/** The weight files of a folder. */
export interface WeightFiles {
  /** `partial`: something is missing or refused, so sums over the weights are of what could be read. */
  readonly state: "whole" | "partial";
  readonly count: number;
  /** Headers included. */
  readonly bytes: number;
  readonly tensors: number;
}

/** Exact bytes as stored. Of a tied head nothing is stored, so its `head` is 0. */
export interface StoredBytes {
  readonly total: number;
  readonly perLayer: readonly number[];
  readonly embedding: number;
  readonly head: number;
  /** The final norm. */
  readonly norm: number;
  /** Neither layers nor vocabulary, such as a vision tower. */
  readonly other: number;
}

/** What the model is, from config.json and the headers; a fact that neither tells is null. */
export interface ModelFacts {
  readonly architecture: string | null;
  readonly modelType: string | null;
  readonly layout: Layout;
  readonly quantization: QuantizationFacts;
  readonly layers: number;
  readonly layerKinds: readonly LayerKind[];
  readonly bytes: StoredBytes;
  readonly head: "own" | "tied";
  readonly parameters: number;
  readonly hiddenSize: number | null;
  readonly vocabularySize: number | null;
  readonly contextTokens: number | null;
  readonly slidingWindowTokens: number | null;
  readonly kvBytesPerTokenPerLayer: number | null;
  readonly experts: number;
  readonly expertsPerToken: number;
}

/** What a model folder holds, whether it is whole, what exo will make of it, and what to plan with. */
export interface ModelInspection {
  readonly verdict: Verdict;
  readonly name: string;
  readonly files: WeightFiles;
  /** Null when no weights could be read. Of a broken or incomplete model: what there is. */
  readonly facts: ModelFacts | null;
  readonly tokenizer: "present" | "absent";
  readonly chatTemplate: "present" | "absent";
  readonly exo: ExoJudgement;
  /** The model in numbers as `exoctl plan --inventory` takes it; null when these weights do not give one. */
  readonly model: ModelSpec | null;
  readonly findings: readonly Finding[];
}
