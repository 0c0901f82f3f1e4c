import type { AgentId, NodeName } from "../cluster/names.js";
import type { ApiKey } from "../gateway/keys/api-key.js";
import type { UsageByKey } from "../gateway/keys/key-usage.js";
import type { AddedModel } from "./added-models.js";

/** A node that enrolled. Its identity is the key behind `pin`; everything else is an attribute. */
export interface Member {
  readonly agentId: AgentId;
  /** Unique in the cluster. */
  readonly name: NodeName;
  /** base64url SHA-256 of the agent's public key (SPKI). */
  readonly pin: string;
  readonly certificatePem: string;
  /** Milliseconds since the Unix epoch. */
  readonly enrolledAt: number;
  /** Where its agent was last reached. */
  readonly lastAddress?: { readonly host: string; readonly port: number };
  readonly cordoned: boolean;
  /** The key by which it knows this controller; see `keyForMember`. */
  readonly controllerPin?: string;
  /** `answered`: it was told `controllerPin`, and has not been told yet to answer no other. */
  readonly olderKeys?: "answered" | "refused";
  /** `waiting`: nothing but looking is done with it. Absent: given. */
  readonly approval?: "waiting" | "given";
}

/** Whether nobody has approved this member yet. */
export const isWaiting = ({ approval }: Pick<Member, "approval">): boolean => approval === "waiting";

/** What the controller keeps of a join token. */
export interface StoredJoinToken {
  readonly id: string;
  /** `enrolmentKey` of the secret, base64url. The secret itself is not stored: see there for what that does and does not buy. */
  readonly key: string;
  readonly createdAt: number;
  readonly expiresAt: number;
  /** The name the new member gets, whatever the agent calls itself. */
  readonly forName?: NodeName;
  readonly usedAt?: number;
  readonly usedBy?: AgentId;
}

/** What the admin wants to run. `models` is what `cluster.yaml` says, checked by `config/` whenever it is read. */
export interface DesiredState {
  /** Counts from 1; each change is exactly one more. */
  readonly generation: number;
  readonly appliedAt: number;
  /** Who: a user name, a key's name, `up`. */
  readonly appliedBy: string;
  readonly reason: string;
  readonly models: readonly Readonly<Record<string, unknown>>[];
  /** Names of models that a command added beside the cluster file's; applying the file again does not take them away. */
  readonly added?: readonly string[];
}

/**
 * `used`, `unknown`: of the token. `name-taken`, `key-taken`: another member has that name or that key. `other-member`: the
 * token is for a name that is not this agent's.
 */
export type RedeemOutcome = "redeemed" | "used" | "unknown" | "name-taken" | "key-taken" | "other-member";

/** The changeable parts of a member that does not enrol again. */
export type MemberChange = Partial<
  Pick<Member, "name" | "lastAddress" | "cordoned" | "approval" | "controllerPin" | "olderKeys">
>;

/**
 * The controller's durable state. Reads are synchronous and show what is on disk; a change resolves when it is durable, and
 * changes are made one after the other. Every change that depends on what is there is one call, so that it is one transaction.
 */
export interface StateStore {
  /** Eight lower-case base32 characters, made once per state folder. */
  readonly clusterId: string;
  /** Term of the leases of this run: higher than of every run before. */
  readonly term: number;
  members(): readonly Member[];
  tokens(): readonly StoredJoinToken[];
  desired(): DesiredState | undefined;
  /** Models whose entries are kept in exo's registry without being run. */
  addedModels(): readonly AddedModel[];
  /** Tokens that expired more than a day before `createdAt` are dropped on the way. */
  addToken(token: StoredJoinToken): Promise<void>;
  /** Marks the token used and stores the member, or does neither. Of any number of parallel calls one is told `redeemed`. */
  redeemToken(id: string, member: Member): Promise<RedeemOutcome>;
  /** @returns `absent` when there is no such member, `name-taken` when another member has the new name. */
  changeMember(agentId: AgentId, change: MemberChange): Promise<"changed" | "absent" | "name-taken">;
  removeMember(agentId: AgentId): Promise<"removed" | "absent">;
  /** The token can't be used from now on. */
  removeToken(id: string): Promise<"removed" | "absent">;
  /** @returns `outdated` when somebody else made this generation first; nothing is stored then. */
  saveDesired(desired: DesiredState): Promise<"saved" | "outdated">;
  /** Adds it, or wants it on further nodes, as `withAdded` says. */
  addModel(model: AddedModel): Promise<"changed" | "unchanged">;
  /** No longer wants the entry of this model id on these nodes, as `withoutAdded` says. */
  dropModel(modelId: string, nodes: AddedModel["nodes"]): Promise<"changed" | "unchanged">;
  /** All that were ever made, those that are revoked or expired as well. */
  keys(): readonly ApiKey[];
  /** Usage as it was last saved. */
  keyUsage(): UsageByKey;
  addKey(key: ApiKey): Promise<void>;
  /** @returns `unchanged` when it was revoked before */
  revokeKey(id: string, revokedAt: number): Promise<"revoked" | "unchanged" | "absent">;
  /** Replaces the usage of these keys. */
  saveKeyUsage(used: UsageByKey): Promise<void>;
  /** Waits for changes under way and gives the folder free for another controller. */
  close(): Promise<void>;
}
