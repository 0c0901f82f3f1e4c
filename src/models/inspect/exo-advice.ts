import type { Finding } from "./finding.js";
import type { ModelConfig } from "./model-config.js";

/** What has to be right around the files so that exo serves the model well. Nothing of it is wrong with the files. */
export function exoAdvice(config: ModelConfig | undefined, name: string, names: readonly string[]): readonly Finding[] {
  const findings: Finding[] = [];
  if (config?.modelType === "gpt_oss") {
    findings.push(vocabulary);
    if (!name.toLowerCase().includes("gpt-oss")) findings.push(needsName);
  }
  const spare = names.filter((each) => each === "original" || each === "metal");
  if (spare.length > 0) {
    const message = `${spare.join("/ and ")}/ beside the weights holds them once more for other programs; exo needs none of it`;
    findings.push({ severity: "note", code: "spare_weights", message });
  }
  return findings;
}

const vocabulary: Finding = {
  severity: "note",
  code: "needs_o200k",
  message: "exo parses gpt-oss answers with the o200k vocabulary, which is not among these files",
  fix: "Put o200k_base.tiktoken on every node and let TIKTOKEN_ENCODINGS_BASE name its folder, or let exo download it.",
};

const needsName: Finding = {
  severity: "note",
  code: "needs_gpt_oss_name",
  message:
    "exo stops gpt-oss answers properly only when the model's id contains `gpt-oss`, and the name of this folder does not",
  fix: "Give it an id such as local/gpt-oss-120b-4bit.",
};
