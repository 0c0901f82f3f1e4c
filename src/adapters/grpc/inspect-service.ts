import type { ModelInspect } from "../../agent/model-inspect.js";
import { RefusalError } from "../../agent/refusal.js";
import { readModelId } from "../../register/entry-schema.js";
import type { ModelInspectHandlers } from "./generated/exoctl/agent/v1/ModelInspect.js";
import { inspectedMessage } from "./inspect-messages.js";
import { answerOnce, type CallFrame } from "./serve-calls.js";

function readId(request: { readonly modelId: unknown }) {
  const id = readModelId(request.modelId);
  if (id === undefined) throw new RefusalError("invalid", "modelId: expected a model id such as owner/name");
  return id;
}

/** The calls of proto/model_inspect.proto as gRPC handlers. Looking takes no lease. */
export function createInspectService(inspect: ModelInspect, frame: CallFrame): ModelInspectHandlers {
  const answer = answerOnce(frame);
  return {
    InspectModel: answer(async (request, _caller, signal) => {
      const model = await inspect.inspectModel(readId(request), signal);
      return { model: model === undefined ? null : inspectedMessage(model) };
    }),
  };
}
