import type { ModelId } from "../cluster/names.js";
import type {
  ConversionCheck,
  ConversionOrder,
  ConversionProgress,
  ConversionResult,
} from "../models/convert/conversion.js";

/** Conversions of models on one node. Calls reject as those of `AgentLink` do. */
export interface ConvertLink {
  /** Whether a conversion could be begun now, what it would do, and what it needs. */
  check(order: ConversionOrder, signal: AbortSignal): Promise<ConversionCheck>;
  /** Converts; takes minutes. An abort cancels it, and so does losing the connection; the agent then removes what it has written. */
  convert(
    order: ConversionOrder,
    report: (progress: ConversionProgress) => void,
    signal: AbortSignal,
  ): Promise<ConversionResult>;
  /** Cancels the conversion that makes this model; resolves when nothing of it is left. */
  cancel(target: ModelId, signal: AbortSignal): Promise<"cancelled" | "not-running">;
}
