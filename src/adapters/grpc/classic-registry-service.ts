import type { ClassicRegistry } from "../../agent/classic-registry.js";
import { addReportMessage, descriptionMessage, removeReportMessage } from "./classic-messages.js";
import { readAddWish, readIds, readRemoveWish } from "./classic-requests.js";
import type { ClassicRegistryHandlers } from "./generated/exoctl/agent/v1/ClassicRegistry.js";
import { answerOnce, type CallFrame } from "./serve-calls.js";

/** The calls of proto/classic_registry.proto as gRPC handlers. */
export function createClassicRegistryService(registry: ClassicRegistry, frame: CallFrame): ClassicRegistryHandlers {
  const answer = answerOnce(frame);
  return {
    Describe: answer(async (request) => descriptionMessage(await registry.describe(readIds(request)))),
    AddEntry: answer(async (request, caller) => addReportMessage(await registry.add(caller, readAddWish(request)))),
    RemoveEntry: answer(async (request, caller) =>
      removeReportMessage(await registry.remove(caller, readRemoveWish(request))),
    ),
  };
}
