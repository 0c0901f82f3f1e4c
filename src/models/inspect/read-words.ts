import { membersOf, readBoundedJson } from "./bounded-json.js";
import type { Finding } from "./finding.js";
import type { ModelFiles } from "./model-files.js";
import { readWhole } from "./read-shard.js";

/** Whether what turns words into tokens, and chats into prompts, lies beside the weights. */
export interface Words {
  readonly tokenizer: "present" | "absent";
  readonly chatTemplate: "present" | "absent";
}

const tokenizerFiles = ["tokenizer.json", "tokenizer.model"];
const templateFiles = ["chat_template.jinja", "chat_template.json"];

/** Tokenizer settings may hold a long list of added tokens. */
const maxSettingsBytes = 32 * 1024 * 1024;
const maxDepth = 32;

/** Older repositories have the template inside the tokenizer's settings. */
async function hasInnerTemplate(files: ModelFiles): Promise<boolean> {
  const bytes = await readWhole(files, "tokenizer_config.json", maxSettingsBytes);
  if (bytes?.kind !== "ok") return false;
  const json = readBoundedJson(bytes.value, maxDepth);
  if (json.kind === "refused") return false;
  const template = membersOf(json.value)?.get("chat_template");
  return template !== undefined && template !== null;
}

async function anyThere(files: ModelFiles, names: readonly string[]): Promise<boolean> {
  for (const name of names) {
    const found = await files.look(name);
    if (found.kind === "file" && found.bytes > 0) return true;
  }
  return false;
}

/** Looks for tokenizer and chat template. */
export async function readWords(files: ModelFiles, names: readonly string[]): Promise<Words> {
  const vocabularies = names.filter((name) => name.endsWith(".tiktoken"));
  const tokenizer = await anyThere(files, [...tokenizerFiles, ...vocabularies]);
  const template = (await anyThere(files, templateFiles)) || (await hasInnerTemplate(files));
  return { tokenizer: tokenizer ? "present" : "absent", chatTemplate: template ? "present" : "absent" };
}

/** exo loads the tokenizer with the weights, and turns every chat request into a prompt by the template. */
export function checkWords({ tokenizer, chatTemplate }: Words): readonly Finding[] {
  const findings: Finding[] = [];
  if (tokenizer === "absent") {
    const fix = "Download tokenizer.json and tokenizer_config.json of the model's repository.";
    findings.push({ severity: "incomplete", code: "tokenizer_missing", message: "there is no tokenizer", fix });
  }
  if (chatTemplate === "absent") {
    const message = "there is no chat template: exo can't answer chat requests with this model";
    const fix = "Download chat_template.jinja of the model's repository.";
    findings.push({ severity: "warning", code: "chat_template_missing", message, fix });
  }
  return findings;
}
