import type { CheckedConversion, ConversionResult } from "../models/convert/conversion.js";
import type { Quantization } from "../models/model-spec.js";
import type { ProgressLine } from "./progress-line.js";

/** What a client wants converted. */
export interface ConvertRequest {
  /** Id of a model that lies in exo's models folders of a node. */
  readonly source: string;
  /** Default: `local/` and the source's name with the quantisation behind it. */
  readonly target?: string;
  readonly quantization: Quantization;
  /** Needed unless exactly one node has the source. */
  readonly node?: string;
  readonly mode: "convert" | "dry-run";
}

/** What `exoctl model convert -o json` prints. */
export interface ConvertSummary {
  readonly node: string;
  readonly source: string;
  readonly target: string;
  readonly quantization: Quantization;
  /** What the checks found, and what is done. */
  readonly plan: CheckedConversion;
  /** Null after a dry run. */
  readonly result: Omit<ConversionResult, "target" | "quantization"> | null;
}

export interface CancelSummary {
  /** The node that was converting it; null when none was. */
  readonly node: string | null;
}

/** Conversions of models on nodes. */
export interface ConvertApi {
  /**
   * Checks, and converts unless it is a dry run.
   *
   * @param signal its abort cancels the conversion; `cancelConversion` does so as well, and tells when nothing is left
   */
  convert(request: ConvertRequest, report: (line: ProgressLine) => void, signal: AbortSignal): Promise<ConvertSummary>;
  /** Cancels the conversion that makes this model. Resolves when nothing of it is left. */
  cancelConversion(request: { readonly target: string }): Promise<CancelSummary>;
}
