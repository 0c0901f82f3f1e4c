import { randomBytes, randomUUID } from "node:crypto";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import tls from "node:tls";
import { openGrpcClassicPeer } from "../adapters/exo-classic/grpc-classic-peer.js";
import { openHttpClassicExo } from "../adapters/exo-classic/http-classic-exo.js";
import { openModernExo } from "../adapters/exo-modern/open-modern-exo.js";
import { openAgentLink } from "../adapters/grpc/grpc-agent-link.js";
import type { ServiceType } from "../adapters/mdns/bonjour-advertiser.js";
import { createBonjourNodeFinder } from "../adapters/mdns/bonjour-node-finder.js";
import { chooseControlInterface } from "../adapters/mdns/choose-interfaces.js";
import { openStateFolder } from "../adapters/sqlite/state-folder.js";
import { systemClock } from "../adapters/system/system-clock.js";
import { listenForEnrolment } from "../adapters/tls/enrolment-listener.js";
import { openOwnKeys, type StoredKeys } from "../adapters/tls/own-keys.js";
import type { ApplyTimings } from "../apply/apply-settings.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { AdminApi } from "../controller/admin-api.js";
import type { AuditTrail } from "../controller/audit/audit-trail.js";
import { auditedRedeem } from "../controller/audit/audited-redeem.js";
import { awaitNodes } from "../controller/await-nodes.js";
import { createController } from "../controller/controller.js";
import { createRedeem } from "../controller/enrolment.js";
import type { Report } from "../controller/model-work.js";
import { keyForMember } from "../controller/nodes/own-keys.js";
import { isWaiting } from "../controller/state-store.js";
import { watchSightings } from "../controller/watch-sightings.js";
import type { NodeFinder } from "../discover/node-finder.js";
import { createStaticNodeFinder } from "../discover/static-node-finder.js";
import { openKeyAccess } from "../gateway/keys/key-access.js";
import type { ExoAddress } from "../inventory/exo-state.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { Problem } from "../runtime/problem.js";
import { prepareAdminDoors } from "./admin-doors.js";
import { openControllerGateway } from "./controller-gateway.js";
import { socketName } from "./state-names.js";

/** TCP port where agents enrol. */
export const enrolmentPort = 8418;
const mdnsPort = 5353;

/** What a controller is started with. */
export interface ControllerSettings {
  readonly spec: ClusterSpec;
  /** Text of the cluster file that `spec` comes from. */
  readonly clusterYaml: string;
  /** State folder, created with mode 0700. */
  readonly home: string;
  readonly version: string;
  /** `exo`: these exos, over their API alone. Otherwise enrolled agents, found as `discovery` says. */
  readonly exoHosts?: readonly ExoAddress[];
  /** Set for simulated Macs: everything stays on this machine, on ports and under a service type of its own. */
  readonly simulation?: { readonly mdnsPort: number; readonly timings: Partial<ApplyTimings> };
  readonly logger: Logger;
}

/** A controller that is up. */
export interface RunningController {
  readonly api: AdminApi;
  /** Where simulated agents enrol. */
  readonly enrolment?: { readonly host: string; readonly port: number; readonly pin: string };
  readonly socketPath: string;
  /** Where the gateway answers the owner of the state folder. */
  readonly gatewaySocket: string;
  /** Waits for nodes, as `awaitNodes`. */
  awaitNodes(
    options: { readonly expected?: number; readonly waitMs?: number },
    report: Report,
    signal: AbortSignal,
  ): Promise<void>;
  /** From now on what is desired and not served is brought up again. */
  startHealing(): void;
  readonly close: Close;
}

/** Builds a controller out of its adapters and starts it: state, enrolment, discovery, gateway, admin socket, control loop. */
export async function startController(settings: ControllerSettings): Promise<RunningController> {
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const closers: Close[] = [];
  const keep = <T extends { readonly close: Close }>(part: T): T => {
    closers.push(part.close);
    return part;
  };
  try {
    return await build(settings, closers, keep);
  } catch (error) {
    await closeAll(closers)().catch((failure: unknown) =>
      settings.logger.warn("start was not undone cleanly", { error: failure }),
    );
    throw error;
  }
}

async function build(
  settings: ControllerSettings,
  closers: Close[],
  keep: <T extends { readonly close: Close }>(part: T) => T,
): Promise<RunningController> {
  const { spec, logger, home } = settings;
  const clock = systemClock;
  const store = keep(await openStateFolder(home));
  const exos = settings.simulation === undefined ? "real" : "simulated";
  const doors = keep(await prepareAdminDoors({ home, spec, exos, version: settings.version, store, clock, logger }));
  const keys = await openOwnKeys(home, "exoctl controller");
  let current = (): ClusterSpec => spec;
  const enrolment =
    settings.exoHosts === undefined
      ? keep(await openEnrolment(settings, keys, store, doors.trail, () => current()))
      : undefined;
  const watch = keep(
    await watchSightings({ finders: findersOf(settings), clock, logger, ...sightingLimits(settings) }),
  );
  const keyAccess = keep(
    openKeyAccess({
      keys: store.keys,
      savedUsage: store.keyUsage(),
      saveUsage: store.saveKeyUsage,
      clock,
      logger,
    }),
  );
  const lifetime = new AbortController();
  const controller = createController({
    settings: {
      spec,
      clusterYaml: settings.clusterYaml,
      version: settings.version,
      pid: process.pid,
      simulated: settings.simulation !== undefined,
      exoHosts: settings.exoHosts,
      enrolment: enrolment && {
        address: `${enrolment.shownHost}:${enrolment.port}`,
        get pin() {
          return keys.current().pin;
        },
      },
      timings: settings.simulation?.timings ?? {},
    },
    store,
    admin: doors.admin,
    ownKeys:
      enrolment === undefined
        ? keys
        : { ...keys, renew: () => keys.renew().then(() => enrolment.show(keys.current())) },
    watch,
    keyUse: keyAccess,
    dial: (member, { host, port }) => openAgentLink({ host, port, own: keyForMember(keys, member), agent: member }),
    connectExo: openModernExo,
    connectClassic: (api, peer) => ({
      api: openHttpClassicExo({ address: api }),
      peer: openGrpcClassicPeer({ address: peer }),
    }),
    clock,
    logger,
    newUuid: randomUUID,
    randomBytes,
    lifetime: lifetime.signal,
  });
  current = controller.spec;
  closers.push(controller.close);
  const gateway = keep(
    await openControllerGateway({
      ...{ spec, home, clock, logger },
      exos,
      keys: keyAccess,
      models: controller.serving,
    }),
  );
  controller.setGateway(gateway);
  const { api } = keep(await doors.open(controller.api));
  await controller.begin();
  closers.push(async () => {
    // What clients are still waiting for ends with this.
    lifetime.abort(
      new Problem("unreachable", "controller_closing", "the controller was stopped", "Start it again and repeat this."),
    );
    await controller.ended();
  });
  return {
    api,
    ...(enrolment === undefined
      ? {}
      : { enrolment: { host: enrolment.host, port: enrolment.port, pin: keys.current().pin } }),
    socketPath: join(home, socketName),
    gatewaySocket: gateway.socketPath,
    awaitNodes: async (options, report, signal) => {
      const members = (): readonly string[] =>
        store.members().flatMap((member) => (isWaiting(member) ? [] : [member.name]));
      const { access, exoTroubles } = controller;
      const pipelines = spec.models.some((model) => model.serve.sharding !== "pipeline") ? "rdma" : "tcp";
      await awaitNodes(
        {
          ...{ access, exoTroubles, clock, report, members, ...options },
          // exo 0.0.x tells nothing of links; which exo there is shows when the agents answer.
          get links() {
            return controller.generation() === "classic" ? "untold" : pipelines;
          },
        },
        signal,
      );
    },
    startHealing: controller.startHealing,
    close: closeAll(closers),
  };
}

async function openEnrolment(
  settings: ControllerSettings,
  keys: StoredKeys,
  store: Awaited<ReturnType<typeof openStateFolder>>,
  trail: AuditTrail,
  current: () => ClusterSpec,
) {
  const { logger, simulation, spec } = settings;
  const local =
    simulation === undefined ? chooseControlInterface(networkInterfaces(), spec.discovery.interface) : undefined;
  const host = simulation === undefined ? "0.0.0.0" : "127.0.0.1";
  const listener = await listenForEnrolment({
    identity: keys.current(),
    host,
    port: simulation === undefined ? enrolmentPort : 0,
    redeem: auditedRedeem(
      createRedeem({ store, clock: systemClock, logger, approval: () => current().enrolment.approval }),
      trail,
      randomUUID,
    ),
    logger,
  });
  return { ...listener, host, shownHost: local?.address ?? "127.0.0.1" };
}

/** The simulator has a service type and a port of its own and never leaves the loopback interface. */
function findersOf({ spec, simulation, exoHosts }: ControllerSettings): readonly NodeFinder[] {
  if (exoHosts !== undefined) return [];
  const serviceType: ServiceType = simulation === undefined ? "exoctl" : "exoctl-sim";
  const mdns = createBonjourNodeFinder({
    serviceType,
    interfaceAddress: simulation === undefined ? spec.discovery.interface : "127.0.0.1",
    mdnsPort: simulation?.mdnsPort ?? mdnsPort,
    clock: systemClock,
  });
  const hosts = spec.discovery.hosts.map(({ host, port }) =>
    host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`,
  );
  return [...(spec.discovery.mdns ? [mdns] : []), ...(hosts.length > 0 ? [createStaticNodeFinder(hosts)] : [])];
}

/** Simulated Macs share one address. */
const sightingLimits = ({ simulation }: ControllerSettings) =>
  simulation === undefined ? {} : { limits: { sightings: 1_024, perAddress: 1_024, perKey: 4 } };
