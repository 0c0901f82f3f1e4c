import type { ModelFacts, ModelInspection } from "../inspect/inspection.js";
import type { ModelConfig } from "../inspect/model-config.js";
import type { ConversionOrder, ConversionPlan, ConversionStep } from "./conversion.js";
import { chooseSteps, type Refused, refused } from "./conversion-steps.js";
import { converterArgs } from "./converter-args.js";
import { expectedBytes } from "./expected-bytes.js";

export type PlannedConversion = { readonly kind: "planned"; readonly plan: ConversionPlan } | Refused;

/** mlx-lm starts a new weight file before one would grow larger (`MAX_FILE_SIZE_GB`), and holds one file in memory. */
const outputFileBytes = 5 * 2 ** 30;
/** Python, MLX and the tokenizer; measured 0.3 GB. */
const programBytes = 2 * 2 ** 30;
/** Tokenizer, index and headers, and room for the system: macOS swaps to the same disk. */
const spareDiskBytes = 2 ** 30;

/** Says what has to be done to a source for an order, from its headers alone; or why it can't be done. */
export function planConversion(
  order: ConversionOrder,
  inspection: ModelInspection,
  config: ModelConfig,
): PlannedConversion {
  const { facts } = inspection;
  if (inspection.verdict !== "complete" || facts === null) return refuseSource(inspection);
  if (inspection.tokenizer === "absent")
    return refused("the source has no tokenizer", "Download tokenizer.json of the model's repository again.");
  if (facts.modelType === "gpt_oss" && !order.target.toLowerCase().includes("gpt-oss"))
    return refused(
      `exo stops the answers of a gpt-oss properly only when its id contains \`gpt-oss\`, and ${order.target} does not`,
      "Choose an id with --as, such as local/gpt-oss-120b-4bit.",
    );
  const chosen = chooseSteps(config, facts, order.quantization);
  if (chosen.kind === "refused") return chosen;
  const [first, ...others] = chosen.steps.map((into, index): ConversionStep => {
    const source = index === 0 && facts.layout === "hugging-face-mxfp4" ? "packed" : "plain";
    return { into, args: converterArgs(source, into), expected: expectedBytes(config, facts, into) };
  });
  if (first === undefined) throw new Error("a conversion has at least one step");
  const steps: ConversionPlan["steps"] = [first, ...others];
  return { kind: "planned", plan: { steps, needs: needsOf(steps, facts) } };
}

/** The worst finding says why, and what would help. */
function refuseSource({ verdict, findings }: ModelInspection): Refused {
  const worst = findings.find(({ severity }) => severity === verdict);
  const file = worst?.file === undefined ? "" : `${worst.file}: `;
  const why = `the source can't be converted: ${file}${worst?.message ?? "its weights can't be read"}`;
  return refused(why, worst?.fix ?? "Download the model again.");
}

/** While a file is made, its tensors are in memory, and those of the source that it is made of: two layers cover them. */
function needsOf(steps: ConversionPlan["steps"], facts: ModelFacts): ConversionPlan["needs"] {
  const results = steps.map(({ expected }) => expected.bytes);
  const layerOfSource = Math.max(0, ...facts.bytes.perLayer);
  const memory = steps.map(({ expected }, index) => {
    const before = steps[index - 1]?.expected.bytes;
    const layer = before === undefined ? layerOfSource : before / Math.max(1, facts.layers);
    return Math.min(expected.bytes, outputFileBytes) + 2 * layer + programBytes;
  });
  return {
    diskBytes: results.reduce((sum, bytes) => sum + bytes, spareDiskBytes),
    memoryBytes: Math.ceil(Math.max(...memory)),
  };
}
