import type { ConverterOutput } from "./converter-output.js";

/** How the converter's process ended. */
export interface ConverterExit {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Failures that the checks can't rule out, by what mlx_lm says last (mlx-lm 0.32.2). */
const known: readonly (readonly [RegExp, string])[] = [
  [/Unable to write \d+ bytes to file|No space left on device/, "the disk became full while it wrote"],
  [/Perhaps an incomplete download or corrupt file/, "a weight file of the source is damaged"],
  [
    /Received \d+ parameters not in model|Missing \d+ parameters/,
    "mlx-lm's model does not have the weights of the source",
  ],
  [/Model type \S+ not supported/, "this mlx-lm does not know the type of the model"],
  [/outgoing traffic has been disabled/, "it wanted a file from the internet, which it is not allowed"],
  [/backend tokenizer|Tokenizer class/, "the tokenizer of the source can't be loaded"],
];

/** One sentence about why the converter failed, with its own last words. */
export function explainFailure(exit: ConverterExit, { error, tail }: Pick<ConverterOutput, "error" | "tail">): string {
  if (exit.signal !== null)
    return `mlx_lm was ended by ${exit.signal}${exit.signal === "SIGKILL" ? ", as the system does when memory runs short" : ""}`;
  const said = error ?? tail.at(-1);
  const text = [error ?? "", ...tail].join("\n");
  const reason = known.find(([pattern]) => pattern.test(text))?.[1];
  const words = said === undefined ? "it said nothing" : `it said: ${said.slice(0, 300)}`;
  return `mlx_lm failed with code ${exit.code}: ${reason === undefined ? words : `${reason} (${words})`}`;
}
