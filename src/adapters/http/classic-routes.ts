import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { classicEngines } from "../../cluster/classic-entry.js";
import { faultCodes } from "../../cluster/classic-finding.js";
import type { ClassicApi } from "../../controller/classic-api.js";
import type { Logger } from "../../runtime/logger.js";
import { answerLines } from "./answer-lines.js";

const on = z.array(z.string().min(1).max(64)).min(1).max(256).optional();
const effect = z.enum(["write", "show"]);
const id = z.string().min(1).max(200);
const entry = z.strictObject({
  id,
  layers: z.int(),
  engine: z.enum(classicEngines),
  repo: z.string().max(512),
  label: z.string().max(128),
});
const addBody = z.strictObject({
  on,
  wish: z.strictObject({
    entry,
    model: id,
    accepted: z.array(z.enum(faultCodes)),
    whenDifferent: z.enum(["report", "replace"]),
    effect,
  }),
});
const removeBody = z.strictObject({ on, wish: z.strictObject({ id, effect }) });
const listBody = z.strictObject({ on });

/** Names of nodes, without the key where there are none. */
const named = (names: readonly string[] | undefined) => (names === undefined ? {} : { on: names });

/** The registries of exo 0.0.x on the cluster's nodes. */
export function addClassicRoutes(server: FastifyInstance, api: ClassicApi, logger: Logger): void {
  server.post("/api/v1/classic/add", (request, reply) => {
    const { wish, on: nodes } = addBody.parse(request.body);
    return answerLines(reply, logger, (report, signal) =>
      api.addClassicEntry({ wish, ...named(nodes) }, report, signal),
    );
  });
  server.post("/api/v1/classic/remove", (request, reply) => {
    const { wish, on: nodes } = removeBody.parse(request.body);
    return answerLines(reply, logger, (report, signal) =>
      api.removeClassicEntry({ wish, ...named(nodes) }, report, signal),
    );
  });
  server.post("/api/v1/classic/list", (request) => api.listClassicEntries(named(listBody.parse(request.body).on)));
}
