import type { ClassicExo } from "../../agent/classic-exo.js";
import { classicExoReportMessage, readSettings } from "./classic-exo-messages.js";
import type { ClassicExoHandlers } from "./generated/exoctl/agent/v1/ClassicExo.js";
import { answerOnce, type CallFrame } from "./serve-calls.js";

/** The calls of proto/classic_exo.proto as gRPC handlers. */
export function createClassicExoService(exo: ClassicExo, frame: CallFrame): ClassicExoHandlers {
  const answer = answerOnce(frame);
  return {
    Describe: answer(async (_request, _caller, signal) => classicExoReportMessage(await exo.describe(signal))),
    Configure: answer(async (request, caller, signal) =>
      classicExoReportMessage(await exo.configure(caller, readSettings(request), signal)),
    ),
  };
}
