import { type ApiError, badRequest, quoted } from "./api-error.js";
import { chatSchema } from "./chat-schema.js";

/** Whether a value asks for nothing more than what happens anyway. */
type Harmless = (value: unknown) => boolean;

const always: Harmless = () => true;
const never: Harmless = () => false;
const only =
  (...values: readonly unknown[]): Harmless =>
  (value) =>
    values.includes(value);
const emptyObject: Harmless = (value) => typeof value === "object" && value !== null && Object.keys(value).length === 0;
const textOnly: Harmless = (value) => Array.isArray(value) && value.length === 1 && value[0] === "text";
const plainTextFormat: Harmless = (value) =>
  typeof value === "object" && value !== null && "type" in value && value.type === "text";

/**
 * Fields of OpenAI's chat API that exo drops. Those that only label or tune a request are accepted; those that would
 * change the answer are refused unless they ask for what happens anyway.
 */
const droppedFields: ReadonlyMap<string, { readonly harmless: Harmless; readonly instead: string }> = new Map([
  ["user", { harmless: always, instead: "" }],
  ["metadata", { harmless: always, instead: "" }],
  ["store", { harmless: always, instead: "" }],
  ["service_tier", { harmless: always, instead: "" }],
  ["parallel_tool_calls", { harmless: always, instead: "" }],
  ["prediction", { harmless: always, instead: "" }],
  ["prompt_cache_key", { harmless: always, instead: "" }],
  ["prompt_cache_retention", { harmless: always, instead: "" }],
  ["safety_identifier", { harmless: always, instead: "" }],
  ["n", { harmless: only(1), instead: "Send one request for each answer." }],
  ["response_format", { harmless: plainTextFormat, instead: "Ask for the format in the prompt." }],
  ["logit_bias", { harmless: emptyObject, instead: "Leave it out." }],
  ["tool_choice", { harmless: only("auto", "none"), instead: "Use auto or none." }],
  ["presence_penalty", { harmless: only(0), instead: "Use repetition_penalty." }],
  ["frequency_penalty", { harmless: only(0), instead: "Use repetition_penalty." }],
  ["functions", { harmless: never, instead: "Use tools." }],
  ["function_call", { harmless: only("auto", "none"), instead: "Use tools and tool_choice." }],
  ["modalities", { harmless: textOnly, instead: "Only text is answered." }],
  ["audio", { harmless: never, instead: "Only text is answered." }],
  ["web_search_options", { harmless: never, instead: "The model cannot search the web." }],
  ["verbosity", { harmless: only("medium"), instead: "Ask for it in the prompt." }],
]);

/**
 * Finds the first field that exo would silently ignore although it changes what the answer means.
 *
 * @param members of the whole request body
 */
export function findUnsupportedField(members: readonly (readonly [string, unknown])[]): ApiError | undefined {
  for (const [name, value] of members) {
    if (value === null || value === undefined || Object.hasOwn(chatSchema.shape, name)) continue;
    const dropped = droppedFields.get(name);
    if (dropped === undefined) {
      return badRequest("unknown_parameter", `Unknown parameter: '${quoted(name)}'.`, quoted(name));
    }
    if (dropped.harmless(value)) continue;
    const shown = quoted(JSON.stringify(value));
    const message = `'${name}': ${shown} is not supported by this cluster. ${dropped.instead}`;
    return badRequest("unsupported_parameter", message, name);
  }
  return undefined;
}
