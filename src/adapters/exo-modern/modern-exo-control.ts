import type { ExoControl } from "../../apply/exo-control.js";
import { ExoAnswerError, type ExoState, ExoUnreachableError } from "../../inventory/exo-state.js";
import type { ExoHttp } from "./exo-http.js";
import { instanceBody, pipelineShard } from "./instance-body.js";
import { type ProofSettings, proveInstance } from "./prove-instance.js";

/** exo holds commands back while it elects a master, at least 3.2 s and several times in a row when nodes join. */
const commandDeadlineMs = 15_000;
const answerLimitBytes = 1024 * 1024;

const command = (method: "POST" | "DELETE", path: string, body?: unknown) =>
  ({ method, path, deadlineMs: commandDeadlineMs, ...(body === undefined ? {} : { body }) }) as const;

/** The acting half of exo 1.x's API. An accepted command is not yet done: watch the state. */
export function createModernExoControl(http: ExoHttp, state: ExoState, proof: ProofSettings): ExoControl {
  const remove = async (path: string, signal: AbortSignal): Promise<void> => {
    await http.json(command("DELETE", path), answerLimitBytes, signal).catch((error: unknown) => {
      if (!(error instanceof ExoAnswerError && error.status === 404)) throw error; // 404: it is not there any more
    });
  };
  return {
    createInstance: async (spec, variant, signal) => {
      await http.json(command("POST", "/instance", instanceBody(spec, variant)), answerLimitBytes, signal);
    },
    deleteInstance: (instanceId, signal) => remove(`/instance/${encodeURIComponent(instanceId)}`, signal),
    forget: (modelId, signal) => remove(`/models/custom/${modelId}`, signal),
    rescan: async (modelId, signal) => {
      const isListed = async (): Promise<boolean> => (await state.models(signal)).some((model) => model.id === modelId);
      // First a look: asking a placement for an id that exo does not know makes it call Hugging Face.
      if (await isListed()) return "known";
      const query = new URLSearchParams({ model_id: modelId, sharding: "Pipeline", instance_meta: "MlxRing" });
      const request = { method: "GET", path: `/instance/placement?${query}`, deadlineMs: commandDeadlineMs } as const;
      // exo reads its folders before anything else; whether a placement is possible, or Hugging Face answers, is of no interest.
      await http.json(request, answerLimitBytes, signal).catch((error: unknown) => {
        if (!(error instanceof ExoAnswerError || error instanceof ExoUnreachableError)) throw error;
      });
      return (await isListed()) ? "known" : "unknown";
    },
    startDownload: async (node, model, variant, signal) => {
      const whole = { rank: 0, worldSize: 1, layers: { start: 0, end: model.layers } };
      const body = { target_node_id: node, shard_metadata: pipelineShard(model, variant, whole) };
      await http.json(command("POST", "/download/start", body), answerLimitBytes, signal);
    },
    prove: (modelId, prompt, signal) => proveInstance(http, modelId, prompt, proof, signal),
  };
}
