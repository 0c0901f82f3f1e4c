import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStateFolder } from "../../src/adapters/sqlite/state-folder.js";
import type { ConnectionLimits } from "../../src/adapters/tls/connection-limits.js";
import {
  type Enrolment,
  type EnrolOptions,
  enrolWithController,
} from "../../src/adapters/tls/enrol-with-controller.js";
import { listenForEnrolment } from "../../src/adapters/tls/enrolment-listener.js";
import { type Identity, loadOrCreateIdentity } from "../../src/adapters/tls/identity.js";
import type { NodeName } from "../../src/cluster/names.js";
import { createRedeem, createToken, type Redeem } from "../../src/controller/enrolment.js";
import { type JoinToken, parseJoinToken } from "../../src/controller/join-token.js";
import type { StateStore } from "../../src/controller/state-store.js";
import type { Clock } from "../../src/runtime/clock.js";
import { closeAll } from "../../src/runtime/close-all.js";
import { silentLogger } from "../../src/runtime/logger.js";

/** A controller's enrolment with real state and real sockets, an agent to enrol, and a clock that a test can move. */
export interface EnrolmentHouse {
  readonly folder: string;
  readonly controller: Identity;
  readonly agent: Identity;
  readonly agentId: string;
  readonly store: StateStore;
  readonly redeem: Redeem;
  readonly port: number;
  /** Moves the controller's clock. */
  passMs(ms: number): void;
  newIdentity(name: string): Promise<Identity>;
  newToken(options?: { readonly forName?: NodeName; readonly lifeMs?: number }): Promise<JoinToken>;
  enrol(token: JoinToken, changes?: Partial<EnrolOptions>): Promise<Enrolment>;
  close(): Promise<void>;
}

export async function openEnrolmentHouse(
  options: {
    readonly deadlineMs?: number;
    readonly limits?: ConnectionLimits;
    readonly approval?: "none" | "required";
  } = {},
): Promise<EnrolmentHouse> {
  const folder = await mkdtemp(join(tmpdir(), "exoctl-enrolment-"));
  const newIdentity = (name: string): Promise<Identity> => loadOrCreateIdentity(join(folder, name), name);
  const [controller, agent, store] = await Promise.all([
    newIdentity("controller"),
    newIdentity("agent"),
    openStateFolder(join(folder, "state")),
  ]);
  let now = 1_000_000;
  const clock: Clock = { now: () => now, sleep: () => Promise.reject(new Error("nobody sleeps here")) };
  const redeem = createRedeem({ store, clock, logger: silentLogger, approval: () => options.approval ?? "none" });
  const listener = await listenForEnrolment({
    identity: controller,
    host: "127.0.0.1",
    port: 0,
    redeem,
    logger: silentLogger,
    ...options,
  });
  const agentId = randomUUID();
  return {
    folder,
    controller,
    agent,
    agentId,
    store,
    redeem,
    port: listener.port,
    passMs: (ms) => {
      now += ms;
    },
    newIdentity,
    newToken: async (parts = {}) =>
      parseJoinToken(
        (await createToken({ store, clock, randomBytes }, { controllerPin: controller.pin, ...parts })).text,
      ),
    enrol: (token, changes = {}) =>
      enrolWithController({
        host: "127.0.0.1",
        port: listener.port,
        token,
        identity: agent,
        agentId,
        name: "studio-1",
        servicePort: 8_417,
        signal: new AbortController().signal,
        ...changes,
      }),
    close: closeAll([() => rm(folder, { recursive: true, force: true }), () => store.close(), listener.close]),
  };
}
