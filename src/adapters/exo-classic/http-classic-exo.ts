import type { ClassicExoApi } from "../../inventory/classic-exo.js";
import type { ExoAddress } from "../../inventory/exo-state.js";
import { askChat } from "./ask-chat.js";
import { type JsonLimits, openClassicHttp } from "./classic-http.js";
import { parseDownloads } from "./parse-downloads.js";
import { parseHealth, parseModels, parseQuit } from "./parse-models.js";
import { parseHttpTopology } from "./parse-topology.js";

export interface ClassicExoSettings {
  /** exo's HTTP port (`--chatgpt-api-port`). */
  readonly address: ExoAddress;
  /** For one question, chats apart. Default 3 s: exo answers within milliseconds. */
  readonly deadlineMs?: number;
}

/** exo's list of models has 10 kB, a download's progress at most some 100 kB. */
const mostBytes = 4 * 1024 * 1024;

/** The HTTP API of one node. Opens nothing yet, so it never fails because the node is away. */
export function openHttpClassicExo({ address, deadlineMs = 3_000 }: ClassicExoSettings): ClassicExoApi {
  const http = openClassicHttp(address);
  const limits: JsonLimits = { deadlineMs, mostBytes };
  return {
    address,
    health: (signal) => http.json({ method: "GET", path: "/healthcheck" }, parseHealth, limits, signal),
    topology: (signal) => http.json({ method: "GET", path: "/v1/topology" }, parseHttpTopology, limits, signal),
    models: (signal) => http.json({ method: "GET", path: "/v1/models" }, parseModels, limits, signal),
    downloads: (signal) => http.json({ method: "GET", path: "/v1/download/progress" }, parseDownloads, limits, signal),
    chat: (request, timing, signal) => askChat(http, request, timing, signal),
    quit: (signal) => http.json({ method: "POST", path: "/quit" }, parseQuit, limits, signal),
    close: () => http.close(),
  };
}
