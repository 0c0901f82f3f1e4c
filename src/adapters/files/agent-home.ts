import { randomUUID } from "node:crypto";
import { chmod, mkdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { type AgentId, agentId } from "../../cluster/names.js";
import { Problem } from "../../runtime/problem.js";
import { unlessMissing } from "./registry-paths.js";

/** The agent's own folder. */
export interface AgentHome {
  readonly agentId: AgentId;
  /** Which model links the agent has made. */
  readonly linkRecordFile: string;
  /** Which model folders the agent has put in place. */
  readonly placedFoldersFile: string;
  /** Where the vocabulary of gpt-oss is. */
  readonly vocabularyFolder: string;
}

/**
 * Opens the agent's folder, readable by its account alone, and the identifier in it, both made at the first start.
 *
 * @throws Problem when the folder belongs to somebody else or the identifier in it is damaged
 */
export async function openAgentHome(folder: string): Promise<AgentHome> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const { uid } = await stat(folder);
  if (process.getuid !== undefined && uid !== process.getuid()) {
    throw new Problem(
      "failed",
      "agent_home_owner",
      `The agent's folder ${folder} belongs to another account`,
      "Start the agent as the account that it was installed for.",
    );
  }
  await chmod(folder, 0o700);
  const file = join(folder, "agent-id");
  const text = (await unlessMissing(readFile(file, "utf8")))?.trim();
  if (text !== undefined && !z.uuid().safeParse(text).success) {
    throw new Problem(
      "failed",
      "agent_id_damaged",
      `${file} does not hold an agent's identifier`,
      "Remove the file and enrol this machine again.",
    );
  }
  const id = text ?? randomUUID();
  if (text === undefined) await writeFileAtomic(file, `${id}\n`, { mode: 0o600 });
  return {
    agentId: agentId(id),
    linkRecordFile: join(folder, "model-links.json"),
    placedFoldersFile: join(folder, "placed-folders.json"),
    vocabularyFolder: join(folder, "tiktoken"),
  };
}
