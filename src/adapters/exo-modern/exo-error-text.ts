import { field, isFields, text } from "./fields.js";

const limit = 300;

/**
 * What exo said in an error answer, in one line. Its four shapes: its own `{"error":{"message"}}`, FastAPI's
 * `{"detail": text}`, a validation report `{"detail":[{loc,msg}]}`, and plain text of an uncaught exception.
 */
export function exoErrorText(body: string): string {
  return shorten(fromJson(body) ?? body) || "no explanation";
}

function fromJson(body: string): string | undefined {
  let raw: unknown;
  try {
    raw = JSON.parse(body);
  } catch {
    return undefined; // plain text: the shape of an uncaught exception
  }
  const message = text(field(field(raw, "error"), "message"));
  if (message !== undefined) return message;
  const detail = field(raw, "detail");
  if (Array.isArray(detail)) return detail.map(validationLine).join("; ");
  return text(detail) ?? text(raw);
}

/** One finding of a validation report: where, and what was expected. */
function validationLine(item: unknown): string {
  if (!isFields(item)) return String(item);
  const where = Array.isArray(item.loc) ? item.loc.join(".") : "body";
  return `${where}: ${text(item.msg) ?? "invalid"}`;
}

function shorten(words: string): string {
  const line = words.replace(/\s+/g, " ").trim();
  return line.length <= limit ? line : `${line.slice(0, limit - 3)}...`;
}
