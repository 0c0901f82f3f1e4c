/** What a module of a layer does. Experts are read in part, everything else by every token. */
export type LayerPart = "attention" | "norm" | "router" | "expert" | "feed-forward";

/** Where in the model a module stands. `other` is outside the language model: a vision tower, say. */
export type Place =
  | { readonly kind: "layer"; readonly layer: number; readonly part: LayerPart }
  | { readonly kind: "embedding" | "head" | "norm" | "other" };

/** Towers for other media have layers of their own that are not the language model's. */
const otherMedia = /(?:^|[._])(?:vision|visual|audio|image|mm_projector|multi_modal_projector|projector)(?:[._]|$)/;
const inLayer = /(?:^|\.)(?:layers|blocks|block|h)\.(\d{1,5})\.(.+)$/;
/** Experts that every token passes (`shared_experts`) are not meant. */
const expert = /(?:^|\.)(?:experts|switch_mlp|switch_glu)\b|(?:^|\.)mlp[12]_(?:weight|bias)/;
const router = /(?:^|\.)(?:router|gate)(?:\.|$)/;

function partOf(name: string): LayerPart {
  if (expert.test(name)) return "expert";
  if (/norm|(?:^|\.)ln_/.test(name)) return "norm";
  if (/attn|attention/.test(name)) return "attention";
  return router.test(name) ? "router" : "feed-forward";
}

/** Places a module by its name: Hugging Face's and MLX's names, and OpenAI's own. */
export function placeOf(path: string): Place {
  if (otherMedia.test(path)) return { kind: "other" };
  const [, index, rest] = inLayer.exec(path) ?? [];
  if (index !== undefined && rest !== undefined) return { kind: "layer", layer: Number(index), part: partOf(rest) };
  if (/(?:^|\.)(?:lm_head|unembedding|output)(?:\.|$)/.test(path)) return { kind: "head" };
  if (/(?:^|\.)(?:embed_tokens|embedding|tok_embeddings|wte)(?:\.|$)/.test(path)) return { kind: "embedding" };
  if (/(?:^|\.)(?:norm|final_layernorm|ln_f)(?:\.|$)/.test(path)) return { kind: "norm" };
  return { kind: "other" };
}
