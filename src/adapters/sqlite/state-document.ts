import { z } from "zod";
import { agentId, nodeName } from "../../cluster/names.js";
import { pinPattern } from "../../cluster/spki-pin.js";
import { type AddedModel, withAdded, withoutAdded } from "../../controller/added-models.js";
import type {
  DesiredState,
  Member,
  MemberChange,
  RedeemOutcome,
  StoredJoinToken,
} from "../../controller/state-store.js";
import type { ApiKey } from "../../gateway/keys/api-key.js";
import type { UsageByKey } from "../../gateway/keys/key-usage.js";
import { addedModelSchema } from "./added-model-schema.js";
import { keySchema, keyUsageSchema } from "./key-schemas.js";

/** Version of the shape below. A file with a higher one was written by a newer exoctl. */
export const documentVersion = 1;

const atSchema = z.number().nonnegative();
const agentIdSchema = z.string().min(1).transform(agentId);
const nameSchema = z.string().min(1).transform(nodeName);

const memberSchema = z.strictObject({
  agentId: agentIdSchema,
  name: nameSchema,
  pin: z.string().regex(pinPattern),
  certificatePem: z.string(),
  enrolledAt: atSchema,
  lastAddress: z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) }).exactOptional(),
  cordoned: z.boolean(),
  controllerPin: z.string().regex(pinPattern).exactOptional(),
  olderKeys: z.enum(["answered", "refused"]).exactOptional(),
  approval: z.enum(["waiting", "given"]).exactOptional(),
});

const tokenSchema = z.strictObject({
  id: z.string().min(1),
  key: z.string().regex(/^[A-Za-z0-9_-]{43}$/),
  createdAt: atSchema,
  expiresAt: atSchema,
  forName: nameSchema.exactOptional(),
  usedAt: atSchema.exactOptional(),
  usedBy: agentIdSchema.exactOptional(),
});

const desiredSchema = z.strictObject({
  generation: z.int().positive(),
  appliedAt: atSchema,
  appliedBy: z.string(),
  reason: z.string(),
  models: z.array(z.record(z.string(), z.unknown())),
  added: z.array(z.string()).exactOptional(),
});

/** The whole state as it stands in the file. */
export const documentSchema = z.strictObject({
  version: z.literal(documentVersion),
  clusterId: z.string().regex(/^[a-z2-7]{8}$/),
  term: z.int().nonnegative(),
  members: z.array(memberSchema),
  tokens: z.array(tokenSchema),
  desired: desiredSchema.exactOptional(),
  addedModels: z.array(addedModelSchema).exactOptional(),
  keys: z.array(keySchema).exactOptional(),
  keyUsage: z.record(z.string(), keyUsageSchema).exactOptional(),
});

export interface StateDocument {
  readonly version: typeof documentVersion;
  readonly clusterId: string;
  readonly term: number;
  readonly members: readonly Member[];
  readonly tokens: readonly StoredJoinToken[];
  readonly desired?: DesiredState;
  readonly addedModels?: readonly AddedModel[];
  readonly keys?: readonly ApiKey[];
  readonly keyUsage?: UsageByKey;
}

/** A change: the next document, or the same one when nothing is to be written, and what the caller is told. */
export interface Change<T> {
  readonly next: StateDocument;
  readonly outcome: T;
}

const none: readonly AddedModel[] = [];

const keepExpiredMs = 24 * 3_600_000;

export function withToken(document: StateDocument, token: StoredJoinToken): Change<undefined> {
  const kept = document.tokens.filter((other) => other.expiresAt + keepExpiredMs > token.createdAt);
  return { next: { ...document, tokens: [...kept, token] }, outcome: undefined };
}

export function withRedeemedToken(document: StateDocument, id: string, member: Member): Change<RedeemOutcome> {
  const no = (outcome: RedeemOutcome): Change<RedeemOutcome> => ({ next: document, outcome });
  const token = document.tokens.find((candidate) => candidate.id === id);
  if (token === undefined) return no("unknown");
  if (token.usedAt !== undefined) return no("used");
  const before = document.members.find((other) => other.agentId === member.agentId);
  const others = document.members.filter((other) => other.agentId !== member.agentId);
  if (token.forName !== undefined && before !== undefined && before.name !== token.forName) return no("other-member");
  if (others.some((other) => other.name === member.name)) return no("name-taken");
  if (others.some((other) => other.pin === member.pin)) return no("key-taken");
  const used: StoredJoinToken = { ...token, usedAt: member.enrolledAt, usedBy: member.agentId };
  const tokens = document.tokens.map((other) => (other.id === id ? used : other));
  return { next: { ...document, tokens, members: [...others, member] }, outcome: "redeemed" };
}

export function withChangedMember(
  document: StateDocument,
  id: Member["agentId"],
  change: MemberChange,
): Change<"changed" | "absent" | "name-taken"> {
  if (!document.members.some((member) => member.agentId === id)) return { next: document, outcome: "absent" };
  const taken = document.members.some((member) => member.agentId !== id && member.name === change.name);
  if (taken) return { next: document, outcome: "name-taken" };
  const members = document.members.map((member) => (member.agentId === id ? { ...member, ...change } : member));
  return { next: { ...document, members }, outcome: "changed" };
}

export function withoutMember(document: StateDocument, id: Member["agentId"]): Change<"removed" | "absent"> {
  const members = document.members.filter((member) => member.agentId !== id);
  if (members.length === document.members.length) return { next: document, outcome: "absent" };
  return { next: { ...document, members }, outcome: "removed" };
}

export function withoutToken(document: StateDocument, id: string): Change<"removed" | "absent"> {
  const tokens = document.tokens.filter((token) => token.id !== id);
  if (tokens.length === document.tokens.length) return { next: document, outcome: "absent" };
  return { next: { ...document, tokens }, outcome: "removed" };
}

/** Far more than any controller has starts: nobody's term is higher who started from the same state. */
const restoredTermStep = 1_000_000;

/** The state as it goes on from a backup. */
export const withRestoredTerm = (document: StateDocument): StateDocument => ({
  ...document,
  term: document.term + restoredTermStep,
  tokens: [],
});

export function withDesired(document: StateDocument, desired: DesiredState): Change<"saved" | "outdated"> {
  if (desired.generation !== (document.desired?.generation ?? 0) + 1) return { next: document, outcome: "outdated" };
  return { next: { ...document, desired }, outcome: "saved" };
}

/** The same document when the list is the same one. */
function withAddedModels(document: StateDocument, addedModels: readonly AddedModel[]): Change<"changed" | "unchanged"> {
  if (addedModels === (document.addedModels ?? none)) return { next: document, outcome: "unchanged" };
  return { next: { ...document, addedModels }, outcome: "changed" };
}

export const withAddedModel = (document: StateDocument, model: AddedModel): Change<"changed" | "unchanged"> =>
  withAddedModels(document, withAdded(document.addedModels ?? none, model));

export function withoutAddedModel(
  document: StateDocument,
  modelId: string,
  from: AddedModel["nodes"],
): Change<"changed" | "unchanged"> {
  const members = document.members.map((member) => member.agentId);
  return withAddedModels(document, withoutAdded(document.addedModels ?? none, modelId, from, members));
}
