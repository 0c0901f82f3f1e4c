import { type OlderExo, readExoVariant, readOlderExo } from "../../cluster/exo-variant.js";
import { exoNodeId } from "../../cluster/names.js";
import { ExoAnswerError, type ExoState } from "../../inventory/exo-state.js";
import { whyOnlyWatched } from "../../inventory/older-exo.js";
import { parseModels } from "./exo-answers.js";
import type { ExoHttp } from "./exo-http.js";
import { field, isFields, text } from "./fields.js";
import { parseState } from "./parse-state.js";
import { createStateReader, readDeadlineMs } from "./read-state.js";

const mebibyte = 1024 * 1024;

const get = (path: string) => ({ method: "GET", path, deadlineMs: readDeadlineMs }) as const;

/**
 * The reading half of exo 1.x's API.
 *
 * @param largeStateBytes from this size of `/state` on only the parts that matter are read, where exo serves parts
 */
export function createModernExoState(http: ExoHttp, largeStateBytes: number): ExoState {
  const readState = createStateReader(http, largeStateBytes);
  const odd = (detail: string): ExoAnswerError => new ExoAnswerError(http.address, 200, detail, false);
  const openapi = (signal: AbortSignal): Promise<unknown> => http.json(get("/openapi.json"), 16 * mebibyte, signal);
  let older: OlderExo | undefined;
  /** Which of the older exos it is stands in its description only, and does not change while it runs. */
  const olderExo = async (signal: AbortSignal): Promise<OlderExo | undefined> => {
    older ??= await openapi(signal).then(readOlderExo, (error: unknown) => {
      if (!(error instanceof ExoAnswerError)) throw error; // without a description the state has to do
      return undefined;
    });
    return older;
  };
  return {
    address: http.address,
    nodeId: async (signal) => {
      const id = text(await http.json(get("/node_id"), mebibyte, signal));
      if (id === undefined) throw odd("/node_id is not a text");
      return exoNodeId(id);
    },
    variant: async (signal) => readExoVariant(await openapi(signal)),
    observe: async (signal) => {
      const raw = await readState(signal);
      // Without these two, "nothing runs" and "nothing could be read" would look the same.
      const readable = isFields(field(raw, "instances")) && isFields(field(raw, "topology"));
      if (!readable) throw odd("/state has no instances or no topology");
      const observation = parseState(raw);
      if (observation.observeOnly === undefined) return observation;
      const release = await olderExo(signal);
      return release === undefined ? observation : { ...observation, observeOnly: whyOnlyWatched(release) };
    },
    models: async (signal) => {
      const models = parseModels(await http.json(get("/models"), 16 * mebibyte, signal));
      if (models === undefined) throw odd("/models is not a list");
      return models;
    },
  };
}
