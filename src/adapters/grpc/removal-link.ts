import { z } from "zod";
import type { ModelRemovalLink } from "../../inventory/model-removal-link.js";
import type { AgentChannel } from "./agent-channel.js";
import { loadModelRemoval } from "./agent-definitions.js";
import { readFilesOutcome, readFoundFolders } from "./removal-messages.js";

/** Looking at a folder of thousands of files on a cold disk. */
const findDeadlineMs = 30_000;
/** Deleting hundreds of gigabytes. */
const removeDeadlineMs = 300_000;
const noteDeadlineMs = 15_000;

const readNote = (answer: unknown): "left" | "taken" =>
  z.object({ left: z.boolean() }).parse(answer).left ? "left" : "taken";
const ignoreAnswer = (): void => {};

/** The calls of proto/model_removal.proto over a connection to an agent. */
export function openRemovalLink({ clientOf, call }: AgentChannel): ModelRemovalLink {
  const client = clientOf(loadModelRemoval());
  return {
    find: (modelId, signal) =>
      call(client.findModelFolders.bind(client), { modelId }, readFoundFolders, { signal, deadlineMs: findDeadlineMs }),
    removeFiles: (modelId, scope, signal) => {
      const request = { modelId, named: scope === "whoever-placed-them" ? modelId : "" };
      const timing = { signal, deadlineMs: removeDeadlineMs };
      return call(client.removeModelFiles.bind(client), request, readFilesOutcome, timing);
    },
    leaveForgetNote: (modelId, signal) =>
      call(client.leaveForgetNote.bind(client), { modelId }, readNote, { signal, deadlineMs: noteDeadlineMs }),
    clearForgetNote: (modelId, signal) =>
      call(client.clearForgetNote.bind(client), { modelId }, ignoreAnswer, { signal, deadlineMs: noteDeadlineMs }),
  };
}
