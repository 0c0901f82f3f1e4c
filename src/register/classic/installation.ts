/** What an installed exo 0.0.x does about the spots where gpt-oss gets stuck; `unknown` where its source could not be read. */
export interface ClassicPatches {
  /** Requests for names that begin with `gpt-`. */
  readonly gptNames: "rewritten" | "kept" | "unknown";
  /** Keys of a model's quantization block that the loader hands to MLX. */
  readonly quantization: "all keys" | "chosen keys" | "unknown";
  /** What the engine does with bfloat16 before NumPy gets it. */
  readonly activations: "as they are" | "cast" | "unknown";
  /** Whether the downloader takes `*.jinja` along. */
  readonly templates: "skipped" | "fetched" | "unknown";
}

/** An exo 0.0.x on this machine. */
export interface ClassicInstallation {
  /** The registry file itself, links followed. */
  readonly modelsPy: string;
  /** How it was found. */
  readonly how: "file" | "checkout" | "site-packages" | "editable";
  /** Version of each package as pip wrote it down, absent where it is not known. */
  readonly exo?: string;
  readonly mlx?: string;
  readonly mlxLm?: string;
  /** Model classes of exo's MLX engine, such as `llama`; absent when the folder is not there. */
  readonly modelClasses?: readonly string[];
  readonly patches: ClassicPatches;
}

/** What is known of the model's files. */
export interface ClassicModelFiles {
  readonly basis: "the files here" | "the usual conversions";
  /** As config.json has it, such as `gpt_oss`. */
  readonly modelType?: string;
  readonly dtype?: string;
  /** Keys of the quantization block beyond group size and bits. */
  readonly quantizationKeys: readonly string[];
  readonly chatTemplate: "in the tokenizer's config" | "in a file of its own" | "none" | "unknown";
}
