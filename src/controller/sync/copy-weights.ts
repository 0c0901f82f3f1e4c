import type { WeightsCopier } from "../../apply/weights-copier.js";
import { Problem } from "../../runtime/problem.js";
import type { SyncedNode } from "./sync-api.js";
import type { ModelSync } from "./sync-model.js";
import { byteText } from "./sync-texts.js";

/** Copies for `apply`, by what `exoctl model sync` does. A copy of the same model that is under way is waited for first. */
export const createWeightsCopier = (sync: ModelSync): WeightsCopier => ({
  copy: async ({ modelId, to, from }, note, signal) => {
    await sync.settled(modelId);
    signal.throwIfAborted();
    const request = { model: modelId, to, ...(from === undefined ? {} : { from }) };
    const { nodes, bytes, sources } = await sync.syncModel(
      request,
      (line) => {
        if (line.kind !== "end") note(line.text);
      },
      signal,
    );
    const failed = nodes.filter(({ outcome }) => outcome === "failed");
    if (failed.length > 0) throw copyFailed(modelId, failed);
    return `${byteText(bytes)} copied and verified on ${to.join(", ")}, from ${sources.join(", ")}`;
  },
});

const copyFailed = (modelId: string, failed: readonly SyncedNode[]): Problem =>
  new Problem(
    "failed",
    "copy_failed",
    `${modelId} could not be copied: ${failed.map(({ node, problem }) => `${node}: ${problem ?? "no reason was given"}`).join("; ")}`,
    "what was verified stays there, and the next try goes on from it",
  );
