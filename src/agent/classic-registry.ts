import type { ClassicAddReport, ClassicDescription, ClassicRemoveReport } from "../cluster/classic-report.js";
import type { ClassicAddWish, ClassicRemoveWish } from "../cluster/classic-wish.js";
import type { ClassicFiles } from "../register/classic/classic-files.js";
import { Problem } from "../runtime/problem.js";
import { addClassicEntry } from "./add-classic-entry.js";
import type { Authority, Caller } from "./authority.js";
import { checkPublisher } from "./classic-publishers.js";
import { describeClassic } from "./describe-classic.js";
import { RefusalError } from "./refusal.js";
import { removeClassicEntry } from "./remove-classic-entry.js";

/** The registry of the exo 0.0.x on this machine, for the controller. Everything rejects with `RefusalError` when there is none. */
export interface ClassicRegistry {
  /** @param ids models to report as well, whoever wrote them */
  describe(ids: readonly string[]): Promise<ClassicDescription>;
  /** Writing takes the lease; showing is free. */
  add(caller: Caller, wish: ClassicAddWish): Promise<ClassicAddReport>;
  remove(caller: Caller, wish: ClassicRemoveWish): Promise<ClassicRemoveReport>;
}

export interface ClassicRegistryParts {
  /**
   * Finds the installation anew: it may have been updated since. Absent where the agent was not told of one.
   *
   * @throws Problem when there is none at the place that was named
   */
  readonly open: (() => Promise<ClassicFiles>) | undefined;
  /** Owners of repositories that entries may name. */
  readonly publishers: readonly string[];
  readonly authority: Authority;
}

export function createClassicRegistry({ open, publishers, authority }: ClassicRegistryParts): ClassicRegistry {
  const files = async (): Promise<ClassicFiles> => {
    if (open === undefined)
      throw new RefusalError(
        "not_possible",
        "this agent was not told of an exo 0.0.x; start it with `exoctl agent --classic PATH`",
      );
    return await open().catch((error: unknown) => {
      if (error instanceof Problem) throw new RefusalError("not_possible", error.message, { cause: error });
      throw error;
    });
  };
  /** The log gets the outcome, not the whole report. */
  const acting = async <T extends { readonly outcome: string }>(
    action: string,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> => {
    const done: T[] = [];
    await authority.act(action, caller, async () => {
      const report = await work();
      done.push(report);
      return report.outcome;
    });
    return done[0] as T;
  };
  return {
    describe: async (ids) => await describeClassic(await files(), ids),
    add: async (caller, wish) => {
      checkPublisher(publishers, wish.entry.repo);
      const work = async () => await addClassicEntry(await files(), wish);
      return wish.effect === "show" ? await work() : await acting("add-classic-entry", caller, work);
    },
    remove: async (caller, wish) => {
      const work = async () => await removeClassicEntry(await files(), wish);
      return wish.effect === "show" ? await work() : await acting("remove-classic-entry", caller, work);
    },
  };
}
