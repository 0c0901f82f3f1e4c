import { homedir, networkInterfaces } from "node:os";
import { join } from "node:path";
import { readTlsFiles } from "../adapters/files/tls-files.js";
import { openUndiciUpstream } from "../adapters/http/undici-upstream.js";
import { chooseControlInterface } from "../adapters/mdns/choose-interfaces.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import type { DoorSettings } from "../gateway/door/door-settings.js";
import { isLoopbackName } from "../gateway/door/loopback.js";
import type { KeyAccess } from "../gateway/keys/key-access.js";
import { publicUrl } from "../gateway/public-url.js";
import { openGateway } from "../gateway/serve-gateway.js";
import type { TlsFiles } from "../gateway/tls/check-material.js";
import { watchMaterial } from "../gateway/tls/watch-material.js";
import type { ServingModel } from "../route/serving-model.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { Problem } from "../runtime/problem.js";
import { gatewaySocketName } from "./state-names.js";

export interface ControllerGatewayOptions {
  readonly spec: ClusterSpec;
  /** The controller's state folder: the owner's socket is made in it. */
  readonly home: string;
  readonly exos: "real" | "simulated";
  readonly keys: KeyAccess;
  readonly models: () => readonly ServingModel[];
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A controller's gateway, which takes over its certificate when that is renewed. */
export interface ControllerGateway {
  /** What clients are told. */
  readonly url: string;
  readonly socketPath: string;
  /** Whether clients have to show a key now. */
  asksForKeys(): boolean;
  readonly close: Close;
}

/** Opens the gateway as the cluster file says. @throws Problem as `openGateway` and `readTlsFiles` */
export async function openControllerGateway(options: ControllerGatewayOptions): Promise<ControllerGateway> {
  const { spec, keys, models, clock, logger } = options;
  const { listen, queue } = spec.gateway;
  if (options.exos === "simulated" && !isLoopbackName(listen.host.toLowerCase())) throw simulatedOutside(listen.host);
  const files = filesOf(spec);
  const read = (from: TlsFiles) => readTlsFiles(from, clock.now());
  const first = files && { files, material: await read(files) };
  const door: DoorSettings = {
    ...{ keys: spec.gateway.keys, hosts: spec.gateway.hosts, origins: spec.gateway.origins },
    tls: first?.material ?? (spec.gateway.tls === "none" ? "none" : "proxy"),
  };
  const closers: Close[] = [];
  const keep = <T extends { readonly close: Close }>(part: T): T => {
    closers.push(part.close);
    return part;
  };
  const upstream = keep(openUndiciUpstream());
  // A ring of exo 0.0.x sends its head with the first token, and nothing between tokens: the gateway's own limits come first.
  const ringUpstream = keep(openUndiciUpstream({ headersTimeoutMs: 600_000, bodyTimeoutMs: 600_000 }));
  const socketPath = join(options.home, gatewaySocketName);
  const gateway = keep(
    await openGateway({
      ...{ listen, door, keys, socketPath, models, upstream, ringUpstream, clock, logger },
      random: Math.random,
      limits: { maxWaiting: queue.maxWaiting, queueMs: queue.timeoutMs },
    }).catch(async (error: unknown) => {
      await closeAll(closers)();
      throw error;
    }),
  );
  if (first !== undefined) {
    const { useCertificate: use } = gateway;
    closers.push(watchMaterial({ first: first.material, read: () => read(first.files), use, clock, logger }));
  }
  const ownAddress = chooseControlInterface(networkInterfaces(), spec.discovery.interface)?.address;
  return {
    url: publicUrl({ ...gateway, door, ownAddress }),
    socketPath,
    asksForKeys: gateway.asksForKeys,
    close: closeAll(closers),
  };
}

/** The files that the cluster file names; `~/` is the home of the user of this process. */
function filesOf({ gateway: { tls } }: ClusterSpec): TlsFiles | undefined {
  if (tls === "none" || !("certificate" in tls)) return undefined;
  const absolute = (path: string): string => path.replace(/^~(?=\/)/, homedir());
  const { certificate, key, clientCa } = tls;
  return {
    certificate: absolute(certificate),
    key: absolute(key),
    ...(clientCa === undefined ? {} : { clientCa: absolute(clientCa) }),
  };
}

const simulatedOutside = (host: string): Problem =>
  new Problem(
    "usage",
    "gateway_exposed",
    `The gateway of a simulated cluster would listen on ${host}: it answers on this machine only`,
    "Set gateway.listen to a loopback address, or give one with --listen 127.0.0.1:8415.",
  );
