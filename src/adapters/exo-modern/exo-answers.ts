import type { ExoListedModel } from "../../inventory/exo-state.js";
import { count, field, flag, present, text } from "./fields.js";

/** Lines of `GET /models`. exo rounds sizes to MiB. Up to 1.0.63 `id` is a short name and `hugging_face_id` the real one. */
export function parseModels(raw: unknown): ExoListedModel[] | undefined {
  const data = field(raw, "data");
  if (!Array.isArray(data)) return undefined;
  return data.flatMap((line: unknown) => {
    const short = text(field(line, "id"));
    const long = text(field(line, "hugging_face_id"));
    const id = short?.includes("/") === true ? short : (long ?? short);
    const mebibytes = count(field(line, "storage_size_megabytes"));
    const storageBytes = mebibytes === undefined || mebibytes === 0 ? undefined : mebibytes * 1024 * 1024;
    // 0 is exo's own default: nobody has said.
    const contextTokens = count(field(line, "context_length")) || undefined;
    const supportsTensor = flag(field(line, "supports_tensor"));
    const custom = flag(field(line, "is_custom"));
    const origin = custom === undefined ? undefined : custom ? ("custom" as const) : ("built-in" as const);
    return id === undefined ? [] : [{ id, ...present({ storageBytes, contextTokens, supportsTensor, origin }) }];
  });
}
