import { createBonjourNodeFinder } from "../adapters/mdns/bonjour-node-finder.js";
import { systemClock } from "../adapters/system/system-clock.js";
import type { ClusterSpec } from "../config/cluster-spec.js";
import { strangerHost } from "../controller/list-discovered.js";
import type { DiscoveredHost } from "../controller/status-report.js";
import { watchSightings } from "../controller/watch-sightings.js";
import { silentLogger } from "../runtime/logger.js";

/** Listens for agents without a controller. Nobody is enrolled anywhere from here, so nothing found is usable. */
export async function discoverAlone(options: {
  readonly spec: ClusterSpec;
  readonly listenMs: number;
}): Promise<readonly DiscoveredHost[]> {
  const finder = createBonjourNodeFinder({
    serviceType: "exoctl",
    interfaceAddress: options.spec.discovery.interface,
    mdnsPort: 5353,
    clock: systemClock,
  });
  const watch = await watchSightings({ finders: [finder], clock: systemClock, logger: silentLogger });
  try {
    await systemClock.sleep(options.listenMs);
    return watch.sightings().map(strangerHost);
  } finally {
    await watch.close();
  }
}
