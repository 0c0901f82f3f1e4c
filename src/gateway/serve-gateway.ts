import type { Server } from "node:http";
import { Server as TlsServer } from "node:https";
import type { ServingModel } from "../route/serving-model.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { answerRequest } from "./answer-request.js";
import { closeServer } from "./close-server.js";
import { checkDoor, type DoorSettings, defaultDoor } from "./door/door-settings.js";
import { createAsksForKeys, createIdentifyCaller, type IdentifyCaller, ownerOfSocket } from "./door/identify-caller.js";
import { listenOnOwnSocket } from "./door/own-socket.js";
import { defaultLimits, type GatewayContext, type GatewayLimits } from "./gateway-settings.js";
import type { KeyAccess } from "./keys/key-access.js";
import { type ListenAddress, listen } from "./listen.js";
import { type Answer, createPlainServer, createSecureServer } from "./open-server.js";
import { createRingTurns } from "./ring-turns.js";
import { certificateNames, secureContextOf, type TlsMaterial } from "./tls/tls-material.js";
import type { Upstream } from "./upstream.js";

export interface GatewayOptions {
  /** Port 0 takes any that is free. */
  readonly listen: ListenAddress;
  /** Who is let in. Default: this machine. */
  readonly door?: DoorSettings;
  /** The keys to ask for. Wanted wherever `door` may ask for one. */
  readonly keys?: KeyAccess;
  /** A Unix socket to answer on as well, for whoever owns the folder that it is in: neither key nor TLS is asked for there. */
  readonly socketPath?: string;
  /** Read anew for every request. */
  readonly models: () => readonly ServingModel[];
  readonly upstream: Upstream;
  /** For rings of exo 0.0.x, which send no head before the first token. Default: as the others. */
  readonly ringUpstream?: Upstream;
  readonly clock: Clock;
  /** Uniform in 0 up to, not including, 1: for ids, and for the seed of a request that has none. */
  readonly random: () => number;
  readonly logger: Logger;
  readonly limits?: Partial<GatewayLimits>;
}

export interface Gateway {
  readonly address: string;
  readonly port: number;
  /** Whether callers from the network have to show a key at this moment. */
  asksForKeys(): boolean;
  /** Shows this certificate to whoever connects from now on. Connections that stand go on. Only for a gateway that does TLS. */
  useCertificate(material: TlsMaterial): void;
  /** Accepts nothing new, lets running answers finish for a while, then ends them. */
  readonly close: Close;
}

/**
 * Opens the gateway.
 *
 * @throws Problem `gateway_exposed`, `port_in_use`, `port_not_allowed`, `address_not_available` or `socket_path_too_long`
 */
export async function openGateway(options: GatewayOptions): Promise<Gateway> {
  const { door = defaultDoor } = options;
  checkDoor(options.listen, door);
  const gateway = contextOf(options);
  const certificate = { names: typeof door.tls === "string" ? [] : certificateNames(door.tls) };
  const identify = createIdentifyCaller(options.listen, door, () => certificate.names, options.keys);
  const state = { now: "open" as "open" | "closing" };
  const running = new Set<AbortController>();
  const answering = (server: () => Server, who: IdentifyCaller, origins: readonly string[]): Answer => {
    const deps = { gateway, identify: who, origins, state: () => state.now };
    return (request, response) => {
      const stop = new AbortController();
      running.add(stop);
      response.once("close", () => {
        running.delete(stop);
        if (state.now === "closing") server().closeIdleConnections();
      });
      void answerRequest(deps, stop, request, response);
    };
  };
  const answer = answering(() => server, identify, door.origins);
  const server =
    typeof door.tls === "string"
      ? createPlainServer(gateway.limits, answer)
      : createSecureServer(gateway.limits, door.tls, gateway.logger, answer);
  const closers: Close[] = [];
  const closed =
    (one: Server): Close =>
    () =>
      closeServer(one, running, gateway);
  if (options.socketPath !== undefined) {
    const own: Server = createPlainServer(
      gateway.limits,
      answering(() => own, ownerOfSocket, []),
    );
    await listenOnOwnSocket(own, options.socketPath);
    closers.push(closed(own));
  }
  const bound = await listen(server, options.listen).catch(async (error: unknown) => {
    await closeAll(closers)();
    throw error;
  });
  closers.push(closed(server));
  let closing: Promise<unknown> | undefined;
  return {
    ...bound,
    asksForKeys: createAsksForKeys(options.listen, door, options.keys),
    useCertificate: (material) => {
      if (!(server instanceof TlsServer)) throw new TypeError("this gateway does no TLS");
      server.setSecureContext(secureContextOf(material));
      certificate.names = certificateNames(material);
    },
    close: async () => {
      state.now = "closing";
      // Both at once: each gives running answers the same time.
      closing ??= Promise.all(closers.map((close) => close()));
      await closing;
    },
  };
}

function contextOf(options: GatewayOptions): GatewayContext {
  const { models, upstream, ringUpstream = upstream, keys, clock, random, logger } = options;
  const limits = { ...defaultLimits, ...options.limits };
  return {
    ...{ models, upstream, ringUpstream, keys, clock, random, limits },
    rings: createRingTurns(clock, limits),
    logger: logger.child({ stage: "gateway" }),
    outstanding: new Map(),
    openedAt: clock.now(),
  };
}
