import type { Server as TlsServer } from "node:https";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { Asking } from "../../controller/audit/api-for-caller.js";
import type { AuditTrail } from "../../controller/audit/audit-trail.js";
import type { OpenCodes } from "../../controller/sessions/open-codes.js";
import type { Sessions } from "../../controller/sessions/sessions.js";
import type { FindKey } from "../../gateway/keys/find-key.js";
import { certificateNames, secureContextOf, type TlsMaterial } from "../../gateway/tls/tls-material.js";
import { createAttemptLimit } from "../../runtime/attempt-limit.js";
import type { Clock } from "../../runtime/clock.js";
import type { Close } from "../../runtime/close-all.js";
import { createAuthenticate } from "./authenticate.js";
import { checkPage } from "./check-page.js";
import { checkSite } from "./check-site.js";
import { type AdminListen, listenForAdmins } from "./listen-for-admins.js";
import { addOpenRoute, openPath } from "./open-routes.js";
import { pageHeaders } from "./page-headers.js";
import { createRefuseAccess } from "./refuse-access.js";
import { type ServedRoutes, serveRoutes } from "./serve-routes.js";
import type { CookieSite } from "./session-cookie.js";

/** Most that a request's body may have. */
const bodyBytes = 1024 * 1024;
/** Everybody takes turns at so many connections. The Unix socket is not one of them. */
const mostConnections = 128;

export interface AdminListenerOptions extends Omit<ServedRoutes, "askingOf"> {
  readonly listen: AdminListen;
  /** Needed wherever others than this machine can reach it. */
  readonly tls?: TlsMaterial;
  /** Further names that requests may be addressed to. */
  readonly hosts: readonly string[];
  readonly findKey: FindKey;
  readonly codes: OpenCodes;
  readonly sessions: Sessions;
  readonly trail: AuditTrail;
  readonly clock: Clock;
  /** Milliseconds until the head of a request, and until all of it, has to have arrived. */
  readonly deadlines?: { readonly headMs: number; readonly requestMs: number };
}

/** An admin port that is open. */
export interface AdminListener {
  readonly address: string;
  readonly port: number;
  /** Takes another certificate for new connections. Only where it was opened with one. */
  renew(material: TlsMaterial): void;
  readonly close: Close;
}

/**
 * The admin API over TCP. Nobody is answered without a key of scope `admin` or the session of a browser, and no page of another
 * site can use either: what stops what is said at `checkSite`, `checkPage` and `createAuthenticate`.
 *
 * @throws Problem of `listenForAdmins`
 */
export async function openAdminListener(options: AdminListenerOptions): Promise<AdminListener> {
  const { listen, tls } = options;
  const server = createServer(options);
  let site: CookieSite = { scheme: tls === undefined ? "http" : "https", port: listen.port };
  let certified = namesOf(tls);
  guard(server, options, {
    site: () => site,
    hosts: () => [...options.hosts.map((name) => name.toLowerCase()), ...certified],
  });
  const bound = await listenForAdmins(server, listen, site.scheme);
  site = { ...site, port: bound.port };
  return {
    ...bound,
    renew: (material) => {
      (server.server as unknown as TlsServer).setSecureContext(contextOf(material));
      certified = namesOf(material);
    },
    close: () => server.close(),
  };
}

const namesOf = (tls: TlsMaterial | undefined): readonly string[] =>
  (tls === undefined ? [] : certificateNames(tls)).map((name) => name.toLowerCase());

/** What may change while it listens. */
interface Place {
  readonly site: () => CookieSite;
  /** Names by which it is reached, in lower case. */
  readonly hosts: () => readonly string[];
}

/** Browsers and everything that exoctl runs on have known TLS 1.3 for years. */
const contextOf = (material: TlsMaterial) => ({ ...secureContextOf(material), minVersion: "TLSv1.3" as const });

function createServer({ tls, deadlines }: AdminListenerOptions): FastifyInstance {
  const { headMs, requestMs } = deadlines ?? { headMs: 10_000, requestMs: 30_000 };
  const common = { bodyLimit: bodyBytes, requestTimeout: requestMs, forceCloseConnections: true };
  const limits = { headersTimeout: headMs, connectionsCheckingInterval: Math.min(1_000, headMs / 2) };
  const server =
    tls === undefined
      ? fastify({ ...common, http: limits })
      : (fastify({ ...common, https: { ...limits, ...contextOf(tls), handshakeTimeout: headMs } }) as unknown);
  const made = server as FastifyInstance;
  made.server.maxConnections = mostConnections;
  return made;
}

function guard(server: FastifyInstance, options: AdminListenerOptions, { site, hosts }: Place): void {
  const { findKey, sessions, codes, trail, clock, logger, listen } = options;
  const authenticate = createAuthenticate({ findKey, sessions, clock, site });
  const refuse = createRefuseAccess({ attempts: createAttemptLimit(clock), trail, logger });
  const askings = new WeakMap<FastifyRequest, Asking>();

  server.addHook("onRequest", async (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(pageHeaders);
    const headers = request.raw.headersDistinct;
    const foreign = checkSite(headers, [...hosts(), listen.host.toLowerCase()]);
    if (foreign !== undefined) return refuse(request, reply, foreign);
    if (request.routeOptions.url === openPath) return undefined;
    const who = authenticate(headers);
    if (who.kind === "refused") return refuse(request, reply, who.refusal, who.caller);
    const forged = who.caller.via === "session" && request.method !== "GET" ? checkPage(headers) : undefined;
    if (forged !== undefined) return refuse(request, reply, forged, who.caller);
    askings.set(request, { caller: who.caller, from: request.ip });
    return undefined;
  });
  const askingOf = (request: FastifyRequest): Asking => {
    const asking = askings.get(request);
    if (asking === undefined) throw new Error("a request was let in without a caller");
    return asking;
  };
  addOpenRoute(server, { codes, sessions, trail, site, refuse });
  // Where the page of the web UI will be.
  server.get("/", { exposeHeadRoute: false }, (request, reply) =>
    reply.type("application/json").send(JSON.stringify(options.apiFor(askingOf(request)).status(), null, 2)),
  );
  serveRoutes(server, { ...options, askingOf });
}
