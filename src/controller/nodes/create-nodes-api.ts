import type { ClusterView } from "../../apply/cluster-access.js";
import { pinWords } from "../../cluster/pin-words.js";
import type { ExoView } from "../../inventory/exo-view.js";
import type { Clock } from "../../runtime/clock.js";
import { Problem } from "../../runtime/problem.js";
import type { Fleet } from "../fleet.js";
import { isWaiting, type Member, type StateStore } from "../state-store.js";
import type { NodeStatus } from "../status-report.js";
import { enrolledNode } from "./enrolled-node.js";
import { type KeyRotation, whyBehind } from "./key-rotation.js";
import type { ListedToken, NodeChange, NodesApi } from "./nodes-api.js";
import type { OwnKeys } from "./own-keys.js";

/** What membership is changed on. */
export interface NodesDeps {
  readonly store: StateStore;
  readonly fleet: Pick<Fleet, "nodes" | "refresh" | "forgetRemoved">;
  readonly rotation: KeyRotation;
  readonly keys: Pick<OwnKeys, "current">;
  /** Ends with the controller. */
  readonly lifetime: AbortSignal;
  /** Nodes as `status` shows them. */
  readonly statuses: () => readonly NodeStatus[];
  readonly view: () => ClusterView | undefined;
  readonly exoViews: () => readonly ExoView[];
  readonly clock: Clock;
}

/** Membership on top of the durable state; the next look at the cluster goes by it. */
export function createNodesApi(deps: NodesDeps): NodesApi {
  const { store } = deps;
  const change = async (member: Member, part: Parameters<StateStore["changeMember"]>[1]): Promise<NodeChange> => {
    await store.changeMember(member.agentId, part);
    return { node: member.name, outcome: "changed" };
  };
  return {
    listNodes: () => {
      const statuses = deps.statuses();
      const views = deps.exoViews();
      return deps.fleet
        .nodes()
        .map((node) => enrolledNode(node, statuses, views, deps.rotation.standingOf(node.member)))
        .toSorted((one, other) => one.name.localeCompare(other.name, "en"));
    },
    approveNode: async ({ node }) => {
      const member = memberOf(deps, node);
      return isWaiting(member) ? await change(member, { approval: "given" }) : unchanged(member);
    },
    cordonNode: async ({ node, mode }) => {
      const member = memberOf(deps, node);
      const cordoned = mode === "cordon";
      return member.cordoned === cordoned ? unchanged(member) : await change(member, { cordoned });
    },
    removeNode: async ({ node, even }) => {
      const member = memberOf(deps, node);
      const served = even === "serving" ? [] : servedBy(member, deps.view());
      if (served.length > 0) throw stillServes(member, served);
      await store.removeMember(member.agentId);
      await deps.fleet.forgetRemoved();
      // It may have been the last one that knew an older key.
      await deps.rotation.settle();
      return { node: member.name, outcome: "changed" };
    },
    rotateKey: async () => {
      const outcome = await deps.rotation.start();
      // One round tells them, the next confirms over the new key; the third is for those that were just being asked.
      for (let round = 0; round < 3 && deps.rotation.behind().length > 0; round += 1)
        await deps.fleet.refresh(deps.lifetime);
      return { outcome, ...keyReport(deps) };
    },
    listTokens: () => store.tokens().map((token) => listedToken(token, store.members(), deps.clock.now())),
    revokeToken: async ({ id }) => {
      const outcome = await store.removeToken(id);
      if (outcome === "removed") return { node: id, outcome: "changed" };
      // Whoever pastes a token's text where its id belongs does not read it again in an error.
      const what = /^[a-z2-7]{10}$/.test(id) ? `there is no join token ${id}` : "this is not the id of a join token";
      throw new Problem("usage", "unknown_token", what, "See `exoctl token list`.");
    },
  };
}

function keyReport({ rotation, keys, fleet }: NodesDeps) {
  const { pin } = keys.current();
  const nodes = fleet.nodes();
  const behind = rotation.behind().map((member) => {
    const trouble = nodes.find((node) => node.member.agentId === member.agentId)?.trouble;
    return { node: member.name, why: whyBehind(member, trouble) };
  });
  return { pin, pinWords: pinWords(pin), behind };
}

const unchanged = (member: Member): NodeChange => ({ node: member.name, outcome: "unchanged" });

function memberOf({ store }: NodesDeps, name: string): Member {
  const members = store.members();
  const member = members.find((candidate) => candidate.name === name);
  if (member !== undefined) return member;
  const names = members.map((candidate) => candidate.name).join(", ");
  throw new Problem(
    "usage",
    "unknown_node",
    `no node of this cluster is named ${name}`,
    names === "" ? "No agent has enrolled: see `exoctl token create`." : `The nodes are ${names}.`,
  );
}

/** Instances of ours that have layers there. */
const servedBy = ({ name }: Member, view: ClusterView | undefined): readonly string[] =>
  (view?.deployment.instances ?? [])
    .filter(({ owner, stages }) => owner === "ours" && stages.some(({ node }) => node === name))
    .map(({ id }) => id);

const stillServes = ({ name }: Member, instances: readonly string[]): Problem =>
  new Problem(
    "failed",
    "node_serves",
    `${name} has layers of ${instances.join(", ")}`,
    `Cordon it and let the layers move first, or remove it all the same: exoctl nodes remove ${name} --even-serving`,
  );

function listedToken(
  token: ReturnType<StateStore["tokens"]>[number],
  members: readonly Member[],
  now: number,
): ListedToken {
  const { id, createdAt, expiresAt, forName, usedBy } = token;
  const user = usedBy === undefined ? undefined : members.find(({ agentId }) => agentId === usedBy)?.name;
  return {
    id,
    state: token.usedAt !== undefined ? "used" : now >= expiresAt ? "expired" : "open",
    createdAt,
    expiresAt,
    ...(forName === undefined ? {} : { forName }),
    ...(usedBy === undefined ? {} : { usedBy: user ?? `${usedBy} (removed)` }),
  };
}
