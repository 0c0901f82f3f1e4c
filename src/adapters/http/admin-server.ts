import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { connect } from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import { z } from "zod";
import type { AdminApi } from "../../controller/admin-api.js";
import type { Close } from "../../runtime/close-all.js";
import type { Logger } from "../../runtime/logger.js";
import { Problem } from "../../runtime/problem.js";
import { answerLines } from "./answer-lines.js";
import { addClassicRoutes } from "./classic-routes.js";
import { addConvertRoutes } from "./convert-routes.js";
import { addEntriesRoutes } from "./entries-routes.js";
import { addKeysRoutes } from "./keys-routes.js";
import { addModelListRoutes } from "./model-list-routes.js";
import { addNodesRoutes } from "./nodes-routes.js";
import { type ProblemBody, problemBody } from "./problem-body.js";
import { addSyncRoutes } from "./sync-routes.js";

/** Bytes. macOS takes 103, Linux a few more. */
const longestSocketPath = 103;

const statusOf = { usage: 400, infeasible: 409, unreachable: 502, failed: 500 } as const;

const planBody = z.strictObject({ model: z.string().optional() });
const whatIfBody = z.strictObject({ changes: z.string().max(10_000), model: z.string().optional() });
const applyBody = z.strictObject({
  clusterYaml: z.string().optional(),
  model: z.string().optional(),
  mode: z.enum(["apply", "dry-run"]),
  by: z.string().max(200),
});
const tokenBody = z.strictObject({
  forName: z
    .string()
    .regex(/^[A-Za-z0-9](?:[\w.-]{0,61}[A-Za-z0-9])?$/, "a node's name: letters, digits, dots and dashes, at most 63")
    .optional(),
  ttlMs: z.int().min(60_000).max(86_400_000),
});

/**
 * Serves the admin API on a Unix socket that only its owner may open (mode 0600), so that no secret and no TCP port is
 * needed on the controller's own machine.
 *
 * @throws Problem `controller_running` when another controller answers on that socket; `socket_path_too_long`.
 */
export async function openAdminServer(options: {
  readonly socketPath: string;
  readonly api: AdminApi;
  readonly logger: Logger;
}): Promise<Close> {
  if (Buffer.byteLength(options.socketPath) > longestSocketPath)
    throw new Problem(
      "failed",
      "socket_path_too_long",
      `the path ${options.socketPath} is too long for a Unix socket`,
      "Set EXOCTL_HOME to a folder with a shorter path.",
    );
  if (await answers(options.socketPath))
    throw new Problem(
      "failed",
      "controller_running",
      `another controller is running on ${options.socketPath}`,
      "Stop it first, or set EXOCTL_HOME to another folder.",
    );
  await rm(options.socketPath, { force: true });
  const server = fastify({ bodyLimit: 4 * 1024 * 1024, forceCloseConnections: true });
  addRoutes(server, options.api, options.logger);
  // The folder around it is the owner's alone (0700), so nobody gets in before the mode is set.
  await server.listen({ path: options.socketPath });
  await chmod(options.socketPath, 0o600);
  return async () => {
    await server.close();
    await rm(options.socketPath, { force: true });
  };
}

async function answers(socketPath: string): Promise<boolean> {
  const socket = connect(socketPath);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false; // nobody listens: a socket left behind, or none
  } finally {
    socket.destroy();
  }
}

function addRoutes(server: FastifyInstance, api: AdminApi, logger: Logger): void {
  server.get("/api/v1/info", () => api.info());
  server.get("/api/v1/status", () => api.status());
  server.get("/api/v1/discover", () => api.discover());
  server.post("/api/v1/plan", (request) => {
    const { model } = planBody.parse(request.body);
    return api.plan(model === undefined ? {} : { model });
  });
  server.post("/api/v1/what-if", (request) => {
    const { changes, model } = whatIfBody.parse(request.body);
    return api.whatIf(model === undefined ? { changes } : { changes, model });
  });
  server.post("/api/v1/tokens", (request) => {
    const { forName, ttlMs } = tokenBody.parse(request.body);
    return api.createToken({ ttlMs, ...(forName === undefined ? {} : { forName }) });
  });
  server.post("/api/v1/apply", (request, reply) => {
    const { clusterYaml, model, ...rest } = applyBody.parse(request.body);
    const wanted = {
      ...rest,
      ...(clusterYaml === undefined ? {} : { clusterYaml }),
      ...(model === undefined ? {} : { model }),
    };
    return answerLines(reply, logger, (report, signal) => api.apply(wanted, report, signal));
  });
  addClassicRoutes(server, api, logger);
  addSyncRoutes(server, api, logger);
  addConvertRoutes(server, api, logger);
  addEntriesRoutes(server, api, logger);
  addModelListRoutes(server, api);
  addNodesRoutes(server, api);
  addKeysRoutes(server, api);
  server.setErrorHandler((error, _request, reply) => {
    const body = problemBody(error, logger);
    return reply.status(statusOf[body.kind]).send({ problem: body });
  });
  server.setNotFoundHandler((request, reply) => {
    const message = `this controller knows no ${request.method} ${request.url}: it is of another version`;
    const problem: ProblemBody = { kind: "failed", code: "unknown_call", message, hint: "Restart the controller." };
    return reply.status(404).send({ problem });
  });
}
