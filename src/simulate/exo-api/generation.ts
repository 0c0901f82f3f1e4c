import { randomUUID } from "node:crypto";
import type { ExoNode } from "../exo/exo-node.js";
import { bodyOf, type Chunk, type TaskParams } from "../exo/exo-types.js";
import { ExoHttpError } from "./api-request.js";
import { withSamplingDefaults } from "./chat-request.js";

/** What an endpoint does with the chunks of its generation. */
export interface GenerationListener {
  onChunk(chunk: Chunk): void;
  /** The stream ended without a last chunk: the instance was deleted, or the command cancelled elsewhere. */
  onSilentEnd(): void;
}

/** @throws ExoHttpError (404) when this node's state has no instance of the model. Ready or not does not matter. */
export function requireInstance(node: ExoNode, modelId: string): void {
  const instances = Object.values(node.state().instances).map(bodyOf);
  if (!instances.some(({ shardAssignments }) => shardAssignments.modelId === modelId))
    throw new ExoHttpError(404, `No instance found for model ${modelId}`);
}

const isLast = (chunk: Chunk): boolean =>
  chunk.kind === "error" || (chunk.kind === "token" && chunk.finishReason !== null);

/**
 * Sends a generation to the master and passes on its chunks. After the last one the master is told that the command is
 * finished; when the client goes away first it is told that it is cancelled, and nothing more.
 */
export async function startGeneration(
  node: ExoNode,
  params: TaskParams,
  gone: AbortSignal,
  listen: (commandId: string) => GenerationListener,
): Promise<void> {
  const commandId = randomUUID();
  const listener = listen(commandId);
  let done = false;
  const finish = (): void => {
    done = true;
    node.streams.release(commandId);
    void node.command({ type: "TaskFinished", finishedCommandId: commandId });
  };
  node.streams.open(commandId, (item) => {
    if (done) return;
    if (item.kind === "closed") {
      finish();
      return listener.onSilentEnd();
    }
    if (isLast(item.chunk)) finish();
    listener.onChunk(item.chunk);
  });
  gone.addEventListener(
    "abort",
    () => {
      if (done) return;
      done = true;
      node.streams.release(commandId);
      node.commandNow({ type: "TaskCancelled", cancelledCommandId: commandId });
    },
    { once: true },
  );
  const taskParams = withSamplingDefaults(params, node.cards.known(params.model)?.samplingDefaults);
  await node.command({ type: "TextGeneration", commandId, taskParams }, gone);
}
