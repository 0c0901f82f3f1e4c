import { parse } from "smol-toml";

/** The model id that a card file defines; undefined when exo could not read it as a card either. */
export function readCardModelId(text: string): string | undefined {
  let card: Record<string, unknown>;
  try {
    card = parse(text);
  } catch {
    // Not TOML: no card. exo skips such files too.
    return undefined;
  }
  const id = card.model_id ?? card.modelId;
  return typeof id === "string" ? id : undefined;
}
