/**
 * The vocabulary of gpt-oss. exo parses its answers with openai-harmony (read at 0.0.8, `src/tiktoken_ext/public_encodings.rs`):
 * where the variable is set, that folder's file is taken, its digest is checked, and nothing else is tried; where it is not set,
 * the file is fetched from the internet into a temporary folder.
 */
export const vocabulary = {
  /** Both `o200k_base` and `o200k_harmony` are built from this file. */
  fileName: "o200k_base.tiktoken",
  bytes: 3_613_922,
  sha256: "446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d",
  /** Names the folder that holds the file. */
  variable: "TIKTOKEN_ENCODINGS_BASE",
} as const;
