import type { ModelInspection } from "../inspect/inspection.js";
import type { Quantization } from "../model-spec.js";
import type { ConversionStep } from "./conversion.js";

/** What was found in a result that is as it should be. */
export interface GoodResult {
  readonly kind: "good";
  readonly quantization: Quantization;
  readonly layers: number;
  readonly weightBytes: number;
  readonly bitsPerWeight: number;
}

export type JudgedResult = GoodResult | { readonly kind: "bad"; readonly why: string };

const bad = (why: string): JudgedResult => ({ kind: "bad", why });

/** Whether a converted folder is whole, of the right quantisation, and the same model as before; exo must take it as complete. */
export function judgeResult(source: ModelInspection, result: ModelInspection, step: ConversionStep): JudgedResult {
  const { facts, verdict } = result;
  if (verdict !== "complete" || facts === null) {
    const worst = result.findings.find(({ severity }) => severity === verdict);
    return bad(`it is ${verdict}: ${worst?.message ?? "its weights can't be read"}`);
  }
  if (!result.exo.complete) return bad(`exo would not take it for complete: ${result.exo.whyNotComplete}`);
  if (result.tokenizer === "absent") return bad("it has no tokenizer");
  if (source.chatTemplate === "present" && result.chatTemplate === "absent")
    return bad("it has lost its chat template");
  const { name, words, bitsPerWeight } = facts.quantization;
  if (name !== step.into) return bad(`it is not ${step.into} but ${name ?? words}`);
  const layers = source.facts?.layers;
  if (facts.layers !== layers) return bad(`it has ${facts.layers} layers, and the source ${layers}`);
  const { bytes, sureness } = step.expected;
  if (sureness === "exact" && facts.bytes.total !== bytes)
    return bad(`its weights are ${facts.bytes.total} bytes, and those of this model are ${bytes}`);
  return { kind: "good", quantization: name, layers: facts.layers, weightBytes: facts.bytes.total, bitsPerWeight };
}
