import { homedir } from "node:os";
import { readTlsFiles } from "../adapters/files/tls-files.js";
import { type AdminListenerOptions, openAdminListener } from "../adapters/http/admin-listener.js";
import type { AdminListen } from "../adapters/http/listen-for-admins.js";
import { defaultAdminListen } from "../config/admin-fields.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import { parseHostPort } from "../config/host-port.js";
import type { TlsFiles } from "../gateway/tls/check-material.js";
import { watchMaterial } from "../gateway/tls/watch-material.js";
import { type Close, closeAll } from "../runtime/close-all.js";

/** Opens the admin port as the cluster file says, and takes over its certificate when that is renewed. */
export async function openAdminPort(
  admin: Exclude<ClusterSpec["admin"]["listen"], "off"> & Pick<ClusterSpec["admin"], "tls" | "hosts">,
  options: Omit<AdminListenerOptions, "listen" | "tls" | "hosts">,
): Promise<{ readonly url: string; readonly close: Close }> {
  const { host, port, tls, hosts } = admin;
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
  if (first === undefined) return listener;
  const watch = watchMaterial({
    ...{ first: first.material, read: () => read(first.files), use: listener.renew },
    ...{ clock, logger },
  });
  return { url: listener.url, close: closeAll([listener.close, watch]) };
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
