/** How weights are stored. Names as design and placement reference use them. */
export type Quantization = "MXFP4-Q8" | "MXFP4-Q4" | "affine-4" | "affine-8" | "bf16";

/** What planning needs to know of a model. Byte counts are exact; field names are those of an inline spec in a plan request. */
export interface ModelSpec {
  readonly name: string;
  readonly layers: number;
  /** One transformer layer as stored: attention, norms, router and every expert. */
  readonly weightBytesPerLayer: number;
  /** The part of a layer that every token reads: attention, norms, router. */
  readonly denseBytesPerLayer: number;
  /** One expert of one layer. */
  readonly expertBytes: number;
  readonly experts: number;
  readonly expertsPerToken: number;
  readonly embedBytes: number;
  readonly headBytes: number;
  /** The final norm. */
  readonly normBytes: number;
  /** One token's hidden state, as it travels between nodes. */
  readonly hiddenBytes: number;
  readonly kvBytesPerTokenPerLayer: number;
  /** Tokens that a sliding-window layer keeps. */
  readonly slidingWindow: number;
  /** KV caches of full-attention layers grow in steps of so many tokens. */
  readonly kvStepTokens: number;
  /** Which layers attend to everything; the others slide. */
  readonly fullAttentionLayers: "odd" | readonly number[];
  /** Parameters of one layer that a token meets: attention, norms, router and its experts. Sets the arithmetic of prefill. */
  readonly activeParametersPerLayer?: number;
  /** Query heads times head size: what attention multiplies per token of context. */
  readonly attentionWidth?: number;
  /** Size on the card that exo ships, where it does: what exo's own placement believes. */
  readonly exoCardBytes?: number;
  /** How the model may be split inside its layers; absent where it may not. */
  readonly tensor?: TensorSplit;
}

/** What tensor parallelism can divide of each layer. The rest (norms, router, biases, vocabulary) is on every member. */
export interface TensorSplit {
  /** Into how many parts the shapes allow it. */
  readonly ways: readonly number[];
  /** Matrices that every token reads, in one layer. */
  readonly denseBytesPerLayer: number;
  /** Matrices of one expert. */
  readonly expertBytes: number;
}
