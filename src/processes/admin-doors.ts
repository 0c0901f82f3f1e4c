import { randomBytes, randomUUID } from "node:crypto";
import { userInfo } from "node:os";
import { join } from "node:path";
import { openAuditFiles } from "../adapters/files/audit-files.js";
import { openAdminServer } from "../adapters/http/admin-server.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { AdminApi } from "../controller/admin-api.js";
import { type Asking, apiForCaller } from "../controller/audit/api-for-caller.js";
import { readAudit } from "../controller/audit/audit-api.js";
import { type AuditEntry, type AuditTrail, createAuditTrail } from "../controller/audit/audit-trail.js";
import type { ControllerDeps } from "../controller/controller-deps.js";
import { createSessionsApi } from "../controller/sessions/create-sessions-api.js";
import { createOpenCodes } from "../controller/sessions/open-codes.js";
import { createSessions } from "../controller/sessions/sessions.js";
import type { StateStore } from "../controller/state-store.js";
import { createFindKey } from "../gateway/keys/find-key.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { openAdminPort } from "./admin-port.js";
import { socketName } from "./state-names.js";

/** What the doors are made with. */
export interface AdminDoorsSettings {
  readonly home: string;
  readonly spec: ClusterSpec;
  readonly exos: "real" | "simulated";
  readonly version: string;
  readonly store: StateStore;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** The ways in for admins, and the record of what they do. */
export interface AdminDoors {
  readonly trail: AuditTrail;
  /** For the controller. */
  readonly admin: ControllerDeps["admin"];
  /** Opens the Unix socket, and the admin port where there shall be one. */
  open(api: AdminApi): Promise<OpenDoors>;
  /** Ends the record. */
  readonly close: Close;
}

/** The doors themselves. */
export interface OpenDoors {
  /** The API for the command that runs this controller: its calls are recorded as well. */
  readonly api: AdminApi;
  readonly close: Close;
}

/** Opens the audit log, and records that a controller begins; when closed, that it has ended. */
export async function prepareAdminDoors(settings: AdminDoorsSettings): Promise<AdminDoors> {
  const { home, spec, version, store, clock, logger } = settings;
  const log = await openAuditFiles(home);
  const generation = (): number => store.desired()?.generation ?? 0;
  const trail = createAuditTrail({ log, clock, newId: randomUUID, generation, logger });
  const user = userInfo().username;
  const up = { who: { via: "up", user }, from: "this process", target: spec.cluster.name } as const;
  const noteEnd = (): Promise<void> =>
    note(trail, { ...up, what: "controller stop" }).catch((error: unknown) =>
      logger.error("the end of the controller was not recorded", { error }),
    );
  await note(trail, { ...up, what: "controller start" }).catch(async (error: unknown) => {
    await log.close();
    throw error;
  });
  const codes = createOpenCodes(clock, randomBytes);
  const sessions = createSessions(clock, randomBytes);
  let url: string | null = null;
  return {
    trail,
    admin: {
      url: () => url,
      calls: {
        ...createSessionsApi({ codes, sessions, adminUrl: () => url }),
        readAudit: (query) => readAudit(log, query),
      },
    },
    open: async (api) => {
      const served = { apiFor: (asking: Asking) => apiForCaller(api, trail, asking), version, logger };
      const closers = [await openAdminServer({ ...served, socketPath: join(home, socketName), account: user })];
      const { listen } = spec.admin;
      if (listen !== "off") {
        const findKey = createFindKey(store.keys);
        const parts = { ...served, findKey, codes, sessions, trail, clock };
        const port = await openAdminPort({ ...parts, listen, spec, exos: settings.exos }).catch(
          async (error: unknown) => {
            await closeAll(closers)();
            throw error;
          },
        );
        closers.push(port.close);
        url = port.url;
      }
      return { api: served.apiFor({ caller: { via: "up", user }, from: up.from }), close: closeAll(closers) };
    },
    close: closeAll([log.close, noteEnd]),
  };
}

const note = (trail: AuditTrail, entry: AuditEntry): Promise<void> => trail.note(entry, { outcome: "ok" });
