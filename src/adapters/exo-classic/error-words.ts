import { field, shownText } from "./fields.js";

const longest = 300;

/**
 * What exo said in an error answer, in one line: `{"detail": text}` or `{"error": text}`, depending on the endpoint, else the plain
 * text of an uncaught exception.
 */
export function errorWords(json: unknown, body: string): string {
  const said = [field(json, "detail"), field(json, "error"), body].find((words) => typeof words === "string");
  const line = shownText(said, longest + 1)
    .trim()
    .replace(/ +/g, " ");
  if (line === "") return "no explanation";
  return line.length <= longest ? line : `${line.slice(0, longest - 3)}...`;
}
