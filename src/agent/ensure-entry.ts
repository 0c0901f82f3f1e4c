import type { ExoVariant } from "../cluster/exo-variant.js";
import type { EntryOutcome, EntrySpec } from "../cluster/registry-report.js";
import { describeCardDifferences } from "../register/card-differences.js";
import { decideWeights, type WeightsDecision } from "../register/decide-weights.js";
import { readCardModelId } from "../register/read-card.js";
import { type RegistryFiles, RegistryPathError } from "../register/registry-files.js";
import { isOurCard, renderCard, UnknownCardFieldError } from "../register/render-card.js";
import { RefusalError } from "./refusal.js";

/** exo takes the first card that it finds of a model, in no promised order: two of them would be a lottery. */
async function refuseSecondCard(files: RegistryFiles, entry: EntrySpec, ours: string): Promise<void> {
  const other = (await files.cards()).find((card) => !card.inOurFolder && readCardModelId(card.text) === entry.modelId);
  if (other === undefined) return;
  const difference = describeCardDifferences(other.text, ours);
  throw new RefusalError(
    "not_possible",
    `${other.path} defines ${entry.modelId} as well (${difference}); remove it and try again`,
  );
}

/** Our card as it stands, provided that it may be replaced. @param ours what it should say */
async function readReplaceable(files: RegistryFiles, entry: EntrySpec, ours: string): Promise<string | undefined> {
  const text = await files.readOurCard(entry.modelId);
  if (text === undefined) return undefined;
  const id = readCardModelId(text);
  // What exo can't read as a card is of no use to anybody: an emptied file, or half of one.
  if (!isOurCard(text) && id !== undefined) {
    throw new RefusalError(
      "not_possible",
      `the card file of ${entry.modelId} was not written by exoctl (${describeCardDifferences(text, ours)}); remove it first`,
    );
  }
  if (id !== undefined && id !== entry.modelId) {
    throw new RefusalError("not_possible", `${entry.modelId} and ${id} would share one card file`);
  }
  return text;
}

async function applyWeights(
  files: RegistryFiles,
  entry: EntrySpec,
  decision: Exclude<WeightsDecision, { kind: "blocked" }>,
): Promise<EntryOutcome["weights"]> {
  switch (decision.kind) {
    case "already-linked":
      return "already-linked";
    case "link":
      await files.linkWeights(entry.modelId, decision.target);
      return "linked";
    case "gather":
      return (await files.gatherWeights(entry.modelId, decision.source)) === "made" ? "linked" : "already-linked";
    case "missing":
      if (decision.staleLink === "remove") await files.unlinkWeights(entry.modelId);
      return "missing";
    default:
      return decision satisfies never;
  }
}

function render(entry: EntrySpec, variant: ExoVariant): string {
  try {
    return renderCard(entry, variant);
  } catch (error) {
    if (error instanceof UnknownCardFieldError) throw new RefusalError("not_possible", error.message, { cause: error });
    throw error;
  }
}

/** What the system says when a disk does not do what it should. */
const diskWords: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "this account's share of the disk is used up",
  EROFS: "the disk can only be read",
  EACCES: "the agent's account may not do that",
  EPERM: "the agent's account may not do that",
  EIO: "the disk fails",
};

const codeOf = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** Turns what stands in the way on disk into a refusal that names it. */
export async function refusingBlockedPaths<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof RegistryPathError) throw new RefusalError("not_possible", error.message, { cause: error });
    const words = diskWords[codeOf(error)];
    if (words === undefined) throw error;
    throw new RefusalError("not_possible", `exo's registry can't be read or written: ${words}`, { cause: error });
  }
}

/**
 * Writes an entry into exo's registry on this machine and lets exo find its weights. Everything is checked before the first
 * change; the same entry again changes nothing. The card comes before the link: exo writes a card of its own when it is asked
 * for a model that has files but no card.
 *
 * @param variant the card form that the exo of this machine reads
 * @throws RefusalError `not_possible` when something that is not ours is in the way; nothing has been changed then
 */
export async function ensureEntry(files: RegistryFiles, entry: EntrySpec, variant: ExoVariant): Promise<EntryOutcome> {
  return await refusingBlockedPaths(async () => {
    const text = render(entry, variant);
    await refuseSecondCard(files, entry, text);
    const before = await readReplaceable(files, entry, text);
    const decision = decideWeights(
      await files.foldersOf(entry.modelId),
      await files.foldersOf(entry.weightsOf),
      await files.localModelOf(entry.weightsOf),
    );
    if (decision.kind === "blocked") throw new RegistryPathError(decision.path, decision.problem);
    if (before !== text) await files.writeOurCard(entry.modelId, text);
    const weights = await applyWeights(files, entry, decision);
    return { entry: before === undefined ? "created" : before === text ? "unchanged" : "replaced", weights };
  });
}
