import type { ModelConvert } from "../../agent/model-convert.js";
import type { ConversionProgress } from "../../models/convert/conversion.js";
import { checkMessage, progressMessage, readOrder, readTarget, resultMessage } from "./convert-messages.js";
import type { ConversionUpdate } from "./generated/exoctl/agent/v1/ConversionUpdate.js";
import type { ModelConvertHandlers } from "./generated/exoctl/agent/v1/ModelConvert.js";
import { answerMany, answerOnce, type CallFrame, type Send } from "./serve-calls.js";

/** The calls of proto/model_convert.proto as gRPC handlers: every field is checked before it means anything. */
export function createConvertService(convert: ModelConvert, frame: CallFrame): ModelConvertHandlers {
  const once = answerOnce(frame);
  return {
    CheckConversion: once(async (request, _caller, signal) =>
      checkMessage(await convert.check(readOrder(request), signal)),
    ),
    Convert: answerMany(frame)(async (request, caller, send, signal) => {
      const progress = sendNewest(send);
      const result = await convert.convert(caller, readOrder(request), progress.report, signal);
      await progress.sent();
      await send(resultMessage(result));
    }),
    CancelConversion: once(async (request, caller) => ({
      cancelled: (await convert.cancel(caller, readTarget(request.target, "target"))) === "cancelled",
    })),
  };
}

/** Sends progress one by one. While a slow caller has not taken one, newer ones take the place of those that wait. */
function sendNewest(send: Send<ConversionUpdate>) {
  let waiting: ConversionProgress | undefined;
  let sending: Promise<void> | undefined;
  const sendAll = async (): Promise<void> => {
    while (waiting !== undefined) {
      const next = waiting;
      waiting = undefined;
      await send(progressMessage(next));
    }
    sending = undefined;
  };
  return {
    report: (progress: ConversionProgress): void => {
      waiting = progress;
      // It fails when the caller has gone, which ends the conversion through its signal.
      sending ??= sendAll().catch(() => undefined);
    },
    sent: async (): Promise<void> => await sending,
  };
}
