import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AdminApi } from "../../controller/admin-api.js";
import type { Asking } from "../../controller/audit/api-for-caller.js";
import { callerName } from "../../controller/audit/caller.js";
import type { Logger } from "../../runtime/logger.js";
import type { AdminRoute } from "./admin-route.js";
import { adminRoutes } from "./admin-routes.js";
import { answerLines } from "./answer-lines.js";
import { openApiDocument, openApiPath } from "./openapi-document.js";
import { type ProblemBody, problemBody } from "./problem-body.js";

const statusOf = { usage: 400, infeasible: 409, unreachable: 502, failed: 500 } as const;

export interface ServedRoutes {
  /** The API as one caller may use it. */
  readonly apiFor: (asking: Asking) => AdminApi;
  /** Who asks. The door has let them in already. */
  readonly askingOf: (request: FastifyRequest) => Asking;
  readonly version: string;
  readonly logger: Logger;
}

/** Answers every call of the admin API, and what goes wrong with one as a problem. */
export function serveRoutes(server: FastifyInstance, served: ServedRoutes): void {
  for (const route of adminRoutes)
    server.route({
      method: route.method,
      url: route.path,
      exposeHeadRoute: false,
      handler: (request, reply) => answer(route, request, reply, served),
    });
  server.get(openApiPath, { exposeHeadRoute: false }, () => openApiDocument(adminRoutes, served.version));
  server.setErrorHandler((error, _request, reply) => {
    const body = problemBody(error, served.logger);
    return reply.status(body.code === "local_only" ? 403 : statusOf[body.kind]).send({ problem: body });
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `this controller knows no ${request.method} ${request.url.slice(0, 200)}: it is of another version`;
    const problem: ProblemBody = { kind: "failed", code: "unknown_call", message, hint: "Restart the controller." };
    return reply.status(404).send({ problem });
  });
}

function answer(route: AdminRoute, request: FastifyRequest, reply: FastifyReply, served: ServedRoutes): unknown {
  const asking = served.askingOf(request);
  const checked = route.request?.parse(route.method === "GET" ? request.query : request.body) as never;
  const common = { api: served.apiFor(asking), by: callerName(asking.caller) };
  if (route.answer === "lines")
    return answerLines(reply, served.logger, async (report, signal) =>
      route.call(checked, { ...common, report, signal }),
    );
  return route.call(checked, { ...common, report: () => {}, signal: goneSignal });
}

/** Calls that are soon done are not ended early. */
const goneSignal = new AbortController().signal;
