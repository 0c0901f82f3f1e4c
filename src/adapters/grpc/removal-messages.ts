import { z } from "zod";
import type { FilesOutcome, FoundFolder } from "../../cluster/found-folder.js";
import { readModelId } from "../../register/entry-schema.js";
import type { FoundModelFolder } from "./generated/exoctl/agent/v1/FoundModelFolder.js";
import type { RemovedModelFiles } from "./generated/exoctl/agent/v1/RemovedModelFiles.js";
import { wordOf } from "./report-messages.js";

const kinds = { folder: "FOLDER_KIND_FOLDER", link: "FOLDER_KIND_LINK" } as const;
const authors = {
  other: "FOLDER_PLACED_BY_UNSPECIFIED",
  sync: "FOLDER_PLACED_BY_SYNC",
  convert: "FOLDER_PLACED_BY_CONVERT",
  entry: "FOLDER_PLACED_BY_ENTRY",
  import: "FOLDER_PLACED_BY_IMPORT",
} as const;

const folderMessage = ({ kind, placedBy, ...folder }: FoundFolder): FoundModelFolder => ({
  ...folder,
  kind: kinds[kind],
  placedBy: authors[placedBy ?? "other"],
  linkedAs: [...folder.linkedAs],
});

export const foldersMessage = (folders: readonly FoundFolder[]) => ({ folders: folders.map(folderMessage) });

export const outcomeOfRemovalMessage = ({ removed, kept }: FilesOutcome): RemovedModelFiles => ({
  removed: removed.map(folderMessage),
  kept: kept.map(folderMessage),
});

const id = z.string().transform((text, context) => {
  const read = readModelId(text);
  if (read !== undefined) return read;
  context.addIssue({ code: "custom", message: "not a model id" });
  return z.NEVER;
});
const folders = z.array(
  z
    .object({
      modelId: id,
      path: z.string().max(4_096),
      kind: wordOf(kinds),
      placedBy: wordOf(authors),
      complete: z.boolean(),
      bytes: z.number().nonnegative(),
      files: z.number().int().nonnegative(),
      linkedAs: z.array(id),
    })
    .transform(({ placedBy, ...folder }): FoundFolder => (placedBy === "other" ? folder : { ...folder, placedBy })),
);

/** @throws ZodError when an agent answers something else than its contract says */
export const readFoundFolders = (message: unknown): readonly FoundFolder[] =>
  z.object({ folders }).parse(message).folders;

/** @throws ZodError when an agent answers something else than its contract says */
export const readFilesOutcome = (message: unknown): FilesOutcome =>
  z.object({ removed: folders, kept: folders }).parse(message);
