import type { ExoInstance, ExoObservation } from "../../inventory/exo-state.js";
import { whyOnlyWatched } from "../../inventory/older-exo.js";
import { countCreations } from "./count-creations.js";
import { count, field, isFields, present } from "./fields.js";
import { parseDownloads } from "./parse-downloads.js";
import { parseEdges } from "./parse-edges.js";
import { parseInstances } from "./parse-instances.js";
import { olderExoIn, parseProfiledEdges } from "./parse-older-state.js";
import { parsePeers } from "./parse-peers.js";

/** Problems beyond this many say nothing new. */
const problemLimit = 50;

/**
 * Reads exo's `/state`, in camelCase or snake_case, of any 1.x release. Fields it does not know are ignored.
 *
 * Never throws: whatever is not understood is named in `problems` and left out, and what remains is never read as healthier
 * than it is (an instance with a broken shard has no shards at all, an odd runner is `unknown`).
 */
export function parseState(raw: unknown): ExoObservation {
  const problems: string[] = [];
  if (!isFields(raw)) problems.push("state: not an object");
  const index = field(raw, "lastEventAppliedIdx");
  const lastEventIndex = count(index);
  if (lastEventIndex === undefined && index !== -1) problems.push("lastEventAppliedIdx: not a whole number");
  const topology = field(raw, "topology");
  const older = olderExoIn(raw);
  const connections = field(topology, "connections");
  const observation = {
    lastEventIndex: lastEventIndex ?? -1,
    peers: parsePeers(raw, problems),
    edges:
      older === "1.0.61 to 1.0.63"
        ? parseProfiledEdges(connections, problems)
        : parseEdges(connections, field(raw, "nodeRdmaCtl"), problems),
    instances: withCreations(
      parseInstances(field(raw, "instances"), field(raw, "runners"), problems),
      field(raw, "tasks"),
    ),
    downloads: parseDownloads(field(raw, "downloads"), problems),
    ...(older === undefined ? {} : { observeOnly: whyOnlyWatched(older) }),
  };
  return { ...observation, problems: [...new Set(problems)].slice(0, problemLimit) };
}

function withCreations(instances: readonly ExoInstance[], tasks: unknown): ExoInstance[] {
  const creationsOf = countCreations(tasks);
  return instances.map((instance) => ({
    ...instance,
    shards: instance.shards.map((shard) => ({
      ...shard,
      ...present({ creations: creationsOf(instance.id, shard.nodeId) }),
    })),
  }));
}
