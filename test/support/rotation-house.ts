import { randomBytes, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { type AgentTrust, readAgentTrust } from "../../src/adapters/files/agent-trust.js";
import { openAgentLink } from "../../src/adapters/grpc/grpc-agent-link.js";
import { openStateFolder } from "../../src/adapters/sqlite/state-folder.js";
import { systemClock } from "../../src/adapters/system/system-clock.js";
import { listenForEnrolment } from "../../src/adapters/tls/enrolment-listener.js";
import type { Identity } from "../../src/adapters/tls/identity.js";
import { openOwnKeys, type StoredKeys } from "../../src/adapters/tls/own-keys.js";
import { createRedeem, createToken } from "../../src/controller/enrolment.js";
import { createFleet, type Fleet } from "../../src/controller/fleet.js";
import { type JoinToken, parseJoinToken } from "../../src/controller/join-token.js";
import { createNodesApi } from "../../src/controller/nodes/create-nodes-api.js";
import { createKeyRotation } from "../../src/controller/nodes/key-rotation.js";
import type { NodesApi } from "../../src/controller/nodes/nodes-api.js";
import { keyForMember } from "../../src/controller/nodes/own-keys.js";
import type { StateStore } from "../../src/controller/state-store.js";
import type { RunningAgent } from "../../src/processes/agent-process.js";
import { startEnrollingAgent } from "../../src/processes/enrolling-agent.js";
import { closeAll } from "../../src/runtime/close-all.js";
import { createFakeProbe } from "./agent-probe-outputs.js";
import { freePort } from "./agent-tiny-exo.js";
import { createTestLogger } from "./controller-house.js";
import { somePort } from "./mdns-link.js";

const host = "127.0.0.1";

/** What a controller consists of as far as its members' keys go: state, keys, enrolment and connections, all of them real. */
export interface KeyedController {
  readonly store: StateStore;
  readonly keys: StoredKeys;
  readonly api: NodesApi;
  readonly fleet: Fleet;
  readonly enrolmentPort: number;
  newToken(): Promise<JoinToken>;
  /** Ends it as a kill does: nothing more is written. */
  close(): Promise<void>;
}

/** Opens the controller of a folder, as each of its starts does. @param changeKeys stands between it and its keys */
export async function openKeyedController(
  folder: string,
  changeKeys: (keys: StoredKeys) => StoredKeys = (keys) => keys,
): Promise<KeyedController> {
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const logger = createTestLogger();
  const store = await openStateFolder(folder);
  const keys = changeKeys(await openOwnKeys(folder, "controller"));
  const rotation = createKeyRotation({ keys, store, logger });
  const redeem = createRedeem({ store, clock: systemClock, logger, approval: () => "none" });
  const listener = await listenForEnrolment({ identity: keys.current(), host, port: 0, redeem, logger });
  const fleet = createFleet({
    members: store.members,
    hints: () => [],
    dial: (member, address) => openAgentLink({ ...address, own: keyForMember(keys, member), agent: member }),
    verified: () => {},
    remember: async (agent, lastAddress) => void (await store.changeMember(agent, { lastAddress })),
    rotate: rotation.advance,
    otherwise: rotation.otherwise,
    term: store.term,
    clock: systemClock,
    logger,
  });
  const api = createNodesApi({
    store,
    fleet,
    rotation,
    keys,
    lifetime: new AbortController().signal,
    statuses: () => [],
    view: () => undefined,
    exoViews: () => [],
    clock: systemClock,
  });
  await rotation.settle();
  return {
    store,
    keys,
    fleet,
    enrolmentPort: listener.port,
    api: {
      ...api,
      rotateKey: async () => {
        const before = keys.current();
        const rotating = api.rotateKey();
        const rotated = await rotating;
        if (keys.current() !== before) listener.show(keys.current());
        return rotated;
      },
    },
    newToken: async () =>
      parseJoinToken(
        (await createToken({ store, clock: systemClock, randomBytes }, { controllerPin: keys.current().pin })).text,
      ),
    close: closeAll([() => store.close(), listener.close, fleet.close]),
  };
}

/** Machines with agents, and folders for controllers. */
export async function openRotationHouse() {
  const before = tls.DEFAULT_MIN_VERSION;
  const root = await mkdtemp(join(tmpdir(), "exoctl-rotation-"));
  const agents = new Map<string, { readonly running: RunningAgent; readonly port: number }>();
  const homeOf = (name: string): string => join(root, name);
  const logger = createTestLogger();
  const start = async (
    name: string,
    port: number,
    join?: { readonly controller: KeyedController; readonly token: JoinToken },
  ) => {
    const running = await startEnrollingAgent({
      homeFolder: homeOf(name),
      name,
      agentVersion: "0.1.0",
      machine: "simulated",
      listen: { host, port },
      hostProbe: createFakeProbe(),
      mdns: { serviceType: "exoctl-sim", interfaceAddress: host, port: somePort() },
      exo: {
        apiPort: 1,
        cardsFolder: `${homeOf(name)}-cards`,
        modelsFolders: [`${homeOf(name)}-models`],
        generation: "unknown",
        onClose: "stop",
      },
      ...(join === undefined
        ? {}
        : { join: { controller: { host, port: join.controller.enrolmentPort }, token: join.token } }),
      logger,
    });
    agents.set(name, { running, port: running.port });
    return running;
  };
  return {
    root,
    logger,
    homeOf,
    /** The folder of a controller; another name is another controller. */
    stateFolder: (name = "controller"): string => join(root, `state-${name}`),
    /** Starts the agent of a machine and enrols it. */
    join: async (name: string, controller: KeyedController, token?: JoinToken): Promise<RunningAgent> => {
      const port = agents.get(name)?.port ?? (await freePort());
      const running = await start(name, port, { controller, token: token ?? (await controller.newToken()) });
      const outcome = await running.enrolment;
      if (outcome.kind === "failed") throw outcome.error;
      return running;
    },
    stop: async (name: string): Promise<void> => await agents.get(name)?.running.close(),
    /** Starts it again where it was. */
    again: async (name: string): Promise<RunningAgent> => await start(name, agents.get(name)?.port ?? 0),
    trustOf: (name: string): Promise<AgentTrust | undefined> => readAgentTrust(homeOf(name)),
    /** Whether an agent answers somebody who holds this key and no state. */
    answers: async (name: string, own: Identity, controller: KeyedController): Promise<boolean> => {
      const member = controller.store.members().find((candidate) => candidate.name === name);
      const agent = agents.get(name);
      if (agent === undefined || member === undefined) throw new Error(`${name} is not there`);
      const link = openAgentLink({ host, port: agent.port, own, agent: member });
      const answered = await link.describe(AbortSignal.timeout(5_000)).then(
        () => true,
        () => false,
      );
      await link.close();
      return answered;
    },
    newAgentId: randomUUID,
    close: async (): Promise<void> => {
      for (const { running } of agents.values()) await running.close();
      await rm(root, { recursive: true, force: true });
      tls.DEFAULT_MIN_VERSION = before;
    },
  };
}

export type RotationHouse = Awaited<ReturnType<typeof openRotationHouse>>;
