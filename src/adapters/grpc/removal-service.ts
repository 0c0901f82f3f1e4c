import type { ModelRemoval } from "../../agent/model-removal.js";
import { RefusalError } from "../../agent/refusal.js";
import type { RemovalScope } from "../../cluster/found-folder.js";
import type { ModelId } from "../../cluster/names.js";
import { readModelId } from "../../register/entry-schema.js";
import type { ModelRemovalHandlers } from "./generated/exoctl/agent/v1/ModelRemoval.js";
import { foldersMessage, outcomeOfRemovalMessage } from "./removal-messages.js";
import { answerOnce, type CallFrame } from "./serve-calls.js";

function readId({ modelId }: { readonly modelId: unknown }): ModelId {
  const id = readModelId(modelId);
  if (id === undefined) throw new RefusalError("invalid", "modelId: expected a model id such as owner/name");
  return id;
}

/** What somebody else has put there goes only when it is named in full: once as the model, once as what is meant. */
function readScope(id: ModelId, named: string): RemovalScope {
  if (named === "") return "placed-by-exoctl";
  if (named === id) return "whoever-placed-them";
  throw new RefusalError("invalid", "named: expected the model id once more, or nothing");
}

/** The calls of proto/model_removal.proto as gRPC handlers. */
export function createRemovalService(removal: ModelRemoval, frame: CallFrame): ModelRemovalHandlers {
  const answer = answerOnce(frame);
  return {
    FindModelFolders: answer(async (request) => foldersMessage(await removal.find(readId(request)))),
    RemoveModelFiles: answer(async (request, caller) => {
      const id = readId(request);
      return outcomeOfRemovalMessage(await removal.removeFiles(caller, id, readScope(id, request.named)));
    }),
    LeaveForgetNote: answer(async (request, caller) => ({
      left: (await removal.leaveForgetNote(caller, readId(request))) === "left",
    })),
    ClearForgetNote: answer(async (request, caller) => {
      await removal.clearForgetNote(caller, readId(request));
      return {};
    }),
  };
}
