import { type FilesOutcome, type FoundFolder, isInScope, type RemovalScope } from "../cluster/found-folder.js";
import type { ModelId } from "../cluster/names.js";
import type { ModelRemovalFiles } from "../register/model-removal.js";
import type { Authority, Caller } from "./authority.js";
import { refusingBlockedPaths } from "./ensure-entry.js";
import { RefusalError } from "./refusal.js";

/** Removes models from this machine's disk, for the controller. Rejects with `RefusalError` when the answer is no. */
export interface ModelRemoval {
  find(id: ModelId): Promise<readonly FoundFolder[]>;
  removeFiles(caller: Caller, id: ModelId, scope: RemovalScope): Promise<FilesOutcome>;
  /** @returns `taken` when exo's own card file of this model stands there */
  leaveForgetNote(caller: Caller, id: ModelId): Promise<"left" | "taken">;
  clearForgetNote(caller: Caller, id: ModelId): Promise<void>;
}

/** An entry whose weights are gone would look complete for as long as nobody opens it. */
function refuseUsed(folder: FoundFolder): void {
  const [first] = folder.linkedAs;
  if (first === undefined) return;
  throw new RefusalError(
    "not_possible",
    `${folder.linkedAs.join(", ")} ${folder.linkedAs.length === 1 ? "is a link" : "are links"} to ${folder.path}; remove ${first} first`,
  );
}

/** Removal as an agent does it. Folders lose their names under the lease, one after the other; deleting them delays nothing else. */
export function createModelRemoval(files: ModelRemovalFiles, authority: Authority): ModelRemoval {
  return {
    find: (id) => refusingBlockedPaths(() => files.find(id)),
    removeFiles: async (caller, id, scope) => {
      const { deletions, ...outcome } = await authority.act("remove-files", caller, () =>
        refusingBlockedPaths(async () => {
          const found = await files.find(id);
          const removed = found.filter((folder) => isInScope(folder, scope));
          for (const folder of removed) refuseUsed(folder);
          const aside: (() => Promise<void>)[] = [];
          for (const folder of removed) aside.push(await files.setAside(folder));
          return { removed, kept: found.filter((folder) => !removed.includes(folder)), deletions: aside };
        }),
      );
      for (const deletion of deletions) await deletion();
      return outcome;
    },
    leaveForgetNote: (caller, id) =>
      authority.act("leave-forget-note", caller, () => refusingBlockedPaths(() => files.leaveForgetNote(id))),
    clearForgetNote: (caller, id) => authority.act("clear-forget-note", caller, () => files.clearForgetNote(id)),
  };
}
