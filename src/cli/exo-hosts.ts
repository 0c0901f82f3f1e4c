import type { ClusterSpec } from "../config/cluster-spec.js";
import { type HostPort, parseHostPort } from "../config/host-port.js";
import { Problem } from "../runtime/problem.js";

/** Reads `--exo`: hosts with commas between them, with ports where they differ. Throws `Problem` (usage). */
export function readExoHosts(text: string, spec: ClusterSpec): readonly HostPort[] {
  return text.split(",").map((part) => {
    const host = parseHostPort(part.trim(), spec.exo.apiPort);
    if (host !== undefined && host.port > 0) return host;
    throw new Problem(
      "usage",
      "bad_exo_host",
      `${JSON.stringify(part)} is not a host`,
      "Write --exo 10.0.0.11,10.0.0.12 with ports where they differ.",
    );
  });
}
