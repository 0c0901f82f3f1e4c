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
  /**
   * Converts; takes minutes, and goes on when the link is closed. An abort cancels it, and so does the end of this process: the
   * agent removes what it has written then.
   */
  convert(
    order: ConversionOrder,
    report: (progress: ConversionProgress) => void,
    signal: AbortSignal,
  ): Promise<ConversionResult>;
  /** Cancels the conversion that makes this model; resolves when nothing of it is left. */
  cancel(target: ModelId, signal: AbortSignal): Promise<"cancelled" | "not-running">;
}
