/** What the beginning of a stream says about who answers. */
export type FirstModel =
  | { readonly kind: "more" }
  /** The model's name in the first event; undefined when that is no event of exo. */
  | { readonly kind: "known"; readonly model: string | undefined };

/** No first event comes near. */
const longestBytes = 256 * 1024;

/** Reads the `model` of the first event of a stream. @param bytes everything that has come */
export function readFirstModel(bytes: Buffer): FirstModel {
  const text = bytes.toString("utf8");
  const line = /(?:^|\n)data: ?(.*)\r?\n/.exec(text)?.[1];
  if (line === undefined) return bytes.length < longestBytes ? { kind: "more" } : { kind: "known", model: undefined };
  try {
    const event: unknown = JSON.parse(line);
    const model = typeof event === "object" && event !== null && "model" in event ? event.model : undefined;
    return { kind: "known", model: typeof model === "string" ? model : undefined };
  } catch {
    return { kind: "known", model: undefined }; // the reader of the stream will say so
  }
}
