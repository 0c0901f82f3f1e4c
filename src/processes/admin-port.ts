import { homedir, networkInterfaces } from "node:os";
import { readTlsFiles } from "../adapters/files/tls-files.js";
import { type AdminListenerOptions, openAdminListener } from "../adapters/http/admin-listener.js";
import type { AdminListen } from "../adapters/http/listen-for-admins.js";
import { chooseControlInterface } from "../adapters/mdns/choose-interfaces.js";
import { defaultAdminListen } from "../config/admin-fields.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import { parseHostPort } from "../config/host-port.js";
import { defaultDoor } from "../gateway/door/door-settings.js";
import { isLoopbackName } from "../gateway/door/loopback.js";
import { publicUrl } from "../gateway/public-url.js";
import type { TlsFiles } from "../gateway/tls/check-material.js";
import { watchMaterial } from "../gateway/tls/watch-material.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import { Problem } from "../runtime/problem.js";

export interface AdminPortOptions extends Omit<AdminListenerOptions, "listen" | "tls" | "hosts"> {
  readonly listen: Exclude<ClusterSpec["admin"]["listen"], "off">;
  readonly spec: ClusterSpec;
  /** Simulated clusters stay on this machine. */
  readonly exos: "real" | "simulated";
}

/** Opens the admin port as the cluster file says, and takes over its certificate when that is renewed. */
export async function openAdminPort(
  options: AdminPortOptions,
): Promise<{ readonly url: string; readonly close: Close }> {
  const { host, port } = options.listen;
  const { tls, hosts } = options.spec.admin;
  if (options.exos === "simulated" && !isLoopbackName(host.toLowerCase())) throw simulatedOutside(host);
  const { clock } = options;
  const logger = options.logger.child({ port: "admin" });
  const files = tls === "none" ? undefined : filesOf(tls);
  const read = (from: TlsFiles) => readTlsFiles(from, clock.now(), "admin");
  const first = files && { files, material: await read(files) };
  const listener = await openAdminListener({
    ...{ ...options, hosts },
    listen: { host, port, whenInUse: whenInUse(host, port) },
    ...(first === undefined ? {} : { tls: first.material }),
  });
  const url = publicUrl({
    ...{ address: listener.address, port: listener.port },
    door: { ...defaultDoor, hosts, tls: first?.material ?? "none" },
    ownAddress: chooseControlInterface(networkInterfaces(), options.spec.discovery.interface)?.address,
  });
  if (first === undefined) return { url, close: listener.close };
  const watch = watchMaterial({
    ...{ first: first.material, read: () => read(first.files), use: listener.renew },
    ...{ clock, logger },
  });
  return { url, close: closeAll([listener.close, watch]) };
}

/** The default port is a wish, another one an order. */
function whenInUse(host: string, port: number): AdminListen["whenInUse"] {
  const usual = parseHostPort(defaultAdminListen, 0);
  return host === usual?.host && port === usual.port ? "take-another" : "fail";
}

/** `~/` is the home of the user of this process. */
function filesOf(tls: Exclude<ClusterSpec["admin"]["tls"], "none">): TlsFiles {
  const absolute = (path: string): string => path.replace(/^~(?=\/)/, homedir());
  return { certificate: absolute(tls.certificate), key: absolute(tls.key) };
}

const simulatedOutside = (host: string): Problem =>
  new Problem(
    "usage",
    "admin_exposed",
    `the admin port of a simulated cluster would listen on ${host}: it answers on this machine only`,
    "Set admin.listen to a loopback address, such as 127.0.0.1:8416.",
  );
