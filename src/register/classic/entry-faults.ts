import type { Finding } from "../../cluster/classic-finding.js";
import { finding, type RecipeFacts } from "./finding.js";

/** Faults 1 to 3: how exo is started, what the entry is called, and where it points. */
export const findEntryFaults = (facts: RecipeFacts): readonly Finding[] => [
  ...finding(
    "run_is_no_server",
    "warns",
    `\`exo run ${facts.entry.id}\` asks the model once and ends; it never serves HTTP, and its exit code is 0 whatever happens`,
    "Start `exo` without a command; it serves port 52415 until it is stopped.",
  ),
  ...nameFault(facts),
  ...repoFault(facts),
];

const prefix = "gpt-";

/** The name without what exo rewrites: `gpt-oss-120b` becomes `oss-120b`. */
export const withoutGptPrefix = (name: string): string => (name.startsWith(prefix) ? name.slice(prefix.length) : name);

function nameFault({ entry, model, installation }: RecipeFacts): readonly Finding[] {
  const { gptNames } = installation.patches;
  if (gptNames === "kept") return [];
  const rewritten =
    "exo answers every request for a name that begins with `gpt-` with its default model, and does not say so";
  if (entry.id.startsWith(prefix)) {
    const other = withoutGptPrefix(entry.id);
    const fix = `Name the entry ${other} (--id ${other}), or start exo with --default-model ${entry.id}: then all unknown names get it.`;
    return finding("name_rewritten", "blocks", rewritten, fix);
  }
  if (!model.startsWith(prefix)) return [];
  return finding("name_rewritten", "handled", rewritten, `The entry is named ${entry.id}; clients ask for that.`);
}

const repoPattern = /^[A-Za-z0-9][\w.-]*\/[A-Za-z0-9][\w.-]*$/;

function repoFault({ entry, repoFolder }: RecipeFacts): readonly Finding[] {
  const isDummy = entry.engine === "dummy";
  const isRepository = isDummy || (repoPattern.test(entry.repo) && !entry.repo.includes(".."));
  if (isRepository && repoFolder === "none") return [];
  const shown = JSON.stringify(entry.repo);
  const what = isRepository
    ? `${shown} is a folder here, but exo takes it for a repository of the public hub and would run whatever stands there`
    : `${shown} is not owner/name: exo asks the hub for it all the same, tries for about six minutes and fails`;
  return finding(
    "repo_is_a_path",
    "blocks",
    what,
    "Use a repository's owner/name, and put the files into <EXO_HOME>/downloads/<owner>--<name> on every node.",
  );
}
