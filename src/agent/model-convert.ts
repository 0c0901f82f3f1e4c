import type { ModelId } from "../cluster/names.js";
import type { ConversionCheck, ConversionOrder, ConversionResult } from "../models/convert/conversion.js";
import type { Close } from "../runtime/close-all.js";
import type { Authority, Caller } from "./authority.js";
import { checkConversion } from "./check-conversion.js";
import { RefusalError } from "./refusal.js";
import { type ConversionParts, type ReportConversion, runConversion } from "./run-conversion.js";

/** Conversions of models on this machine, one at a time. Rejects with `RefusalError` when the answer is no. */
export interface ModelConvert {
  /** Whether a conversion could be begun now. */
  check(order: ConversionOrder, signal: AbortSignal): Promise<ConversionCheck>;
  /** Ends with the signal, and then leaves nothing behind. */
  convert(
    caller: Caller,
    order: ConversionOrder,
    report: ReportConversion,
    signal: AbortSignal,
  ): Promise<ConversionResult>;
  /** Resolves when nothing of that conversion is left. */
  cancel(caller: Caller, target: ModelId): Promise<"cancelled" | "not-running">;
  /** Removes what an agent that was killed has left. Until that has been done nothing is converted. */
  begin(): Promise<void>;
  close: Close;
}

/** The conversion that is under way. */
interface Current {
  readonly target: ModelId;
  readonly stop: AbortController;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<unknown>;
}

export function createModelConvert(parts: ConversionParts & { readonly authority: Authority }): ModelConvert {
  const { authority, folders, placed } = parts;
  let current: Current | undefined;
  let state: "swept" | "unswept" | "closed" = "unswept";

  const busy = (): string | undefined => {
    if (state === "closed") return "the agent is closing";
    if (state === "unswept") return "what an earlier conversion has left is not removed yet; the agent's log says more";
    return current === undefined ? undefined : `this node is converting ${current.target} now`;
  };
  const stopCurrent = async (reason: string): Promise<void> => {
    current?.stop.abort(new Error(reason));
    await current?.ended;
  };
  const start = async (
    order: ConversionOrder,
    report: ReportConversion,
    signal: AbortSignal,
  ): Promise<ConversionResult> => {
    const why = busy();
    if (why !== undefined) throw new RefusalError("not_possible", why);
    const stop = new AbortController();
    const work = runConversion(parts, order, report, AbortSignal.any([signal, stop.signal]));
    const own: Current = { target: order.target, stop, ended: work.catch(() => undefined) };
    current = own;
    return await work.finally(() => {
      current = undefined;
    });
  };
  return {
    check: async (order, signal) => {
      const why = busy();
      if (why === undefined) return await checkConversion(parts, order, signal);
      return {
        kind: "not-possible",
        obstacles: [{ why, fix: "Wait until that has ended, or convert on another node." }],
      };
    },
    convert: (caller, order, report, signal) =>
      authority.actAlongside("convert-model", caller, () => start(order, report, signal)),
    cancel: (caller, target) =>
      authority.actAlongside("cancel-conversion", caller, async () => {
        if (current?.target !== target) return "not-running";
        await stopCurrent("cancelled by the controller");
        return "cancelled";
      }),
    begin: async () => {
      for (const target of await folders.sweep()) {
        // Killed between writing it down and the rename: what gets that name later is somebody else's.
        if (await folders.isFree(target)) await placed.forget(folders.pathOf(target));
      }
      if (state === "unswept") state = "swept";
    },
    close: async () => {
      state = "closed";
      await stopCurrent("the agent is closing");
    },
  };
}
