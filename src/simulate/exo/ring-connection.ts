import type { MacLink, MacProfile } from "../mac-profile.js";
import { bodyOf, type Instance, type TaggedInstance, tagOf } from "./exo-types.js";
import { shardsByRank } from "./instance-shape.js";

/** What becomes of one rank's attempt to join the group. */
export type ConnectionOutcome =
  | { readonly kind: "connects" }
  /** It gives up after its attempts. */
  | { readonly kind: "fails"; readonly error: string }
  /** It waits for a neighbour that never comes. */
  | { readonly kind: "waits-for-ever" };

type Profiles = ReadonlyMap<string, MacProfile>;

/** The link by which one Mac reaches another at an address. */
export const linkTo = (from: MacProfile | undefined, to: string | undefined, ip: string): MacLink | undefined =>
  from?.links.find((link) => link.to === to && link.ip === ip);

/** MLX's ring: rank r listens at its own entry and dials its right neighbour's. Nothing else is looked at. */
function ringOutcome(instance: Instance, rank: number, profiles: Profiles): ConnectionOutcome {
  const shards = shardsByRank(instance);
  const hostsOf = (at: number) => instance.hostsByNode?.[shards[at]?.nodeId ?? ""];
  const own = shards[rank]?.nodeId ?? "";
  const hosts = hostsOf(rank);
  if (hosts === undefined) return { kind: "fails", error: `'${own}'` };
  if (hosts.length < shards.length) return { kind: "fails", error: "[ring] Not enough hosts for the given rank" };
  const right = (rank + 1) % shards.length;
  const target = hosts[right];
  const neighbour = shards[right]?.nodeId ?? "";
  if (target === undefined) return { kind: "fails", error: "list index out of range" };
  const reached = shards.find(
    ({ nodeId }) =>
      nodeId !== undefined && linkTo(profiles.get(own), profiles.get(nodeId)?.name, target.ip) !== undefined,
  )?.nodeId;
  const listening = reached === undefined ? undefined : hostsOf(shards.findIndex(({ nodeId }) => nodeId === reached));
  const reachedRank = shards.findIndex(({ nodeId }) => nodeId === reached);
  if (reached === undefined || listening?.[reachedRank]?.port !== target.port)
    return { kind: "fails", error: "[ring] Couldn't connect (error: 61)" };
  return reached === neighbour && hosts.length === shards.length ? { kind: "connects" } : { kind: "waits-for-ever" };
}

function jacclOutcome(instance: Instance, rank: number, profiles: Profiles): ConnectionOutcome {
  const shards = shardsByRank(instance);
  const own = profiles.get(shards[rank]?.nodeId ?? "");
  const wrong = shards.some(({ nodeId }, at) => {
    if (at === rank) return false;
    const name = profiles.get(nodeId ?? "")?.name;
    const port = instance.jacclDevices?.[rank]?.[at];
    return !own?.links.some((link) => link.to === name && link.kind === "rdma" && link.rdma?.here === port);
  });
  return wrong ? { kind: "fails", error: "[jaccl] Couldn't allocate protection domain" } : { kind: "connects" };
}

/** What becomes of rank `rank` once all other ranks are connecting too. */
export function connectionOutcome(tagged: TaggedInstance, rank: number, profiles: Profiles): ConnectionOutcome {
  const instance = bodyOf(tagged);
  const ranks = shardsByRank(instance).map(({ shard }) => shard.deviceRank);
  if (ranks.some((one, at) => one !== at)) return { kind: "waits-for-ever" };
  return tagOf(tagged) === "MlxJacclInstance"
    ? jacclOutcome(instance, rank, profiles)
    : ringOutcome(instance, rank, profiles);
}
