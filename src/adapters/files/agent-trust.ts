import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import writeFileAtomic from "write-file-atomic";
import { z } from "zod";
import { Problem } from "../../runtime/problem.js";

/** What an agent keeps of its enrolment. No secret: the token is used up and the certificate is public. */
const trustSchema = z.strictObject({
  clusterId: z.string().min(1),
  /** The name the controller gave this node. */
  name: z.string().min(1),
  certificatePem: z.string().min(1),
  pin: z.string().min(1),
  /** A key that this controller has announced, and that has not called yet. */
  announced: z.strictObject({ certificatePem: z.string().min(1), pin: z.string().min(1) }).exactOptional(),
});

export type AgentTrust = z.infer<typeof trustSchema>;

/** Name of the file in the agent's folder. */
export const agentTrustFile = "controller.json";

/**
 * The controller that this agent has enrolled with, or undefined before that.
 *
 * @throws Problem when the file is there and damaged: an agent must not fall back to trusting nobody in particular
 */
export async function readAgentTrust(folder: string): Promise<AgentTrust | undefined> {
  const file = join(folder, agentTrustFile);
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return trustSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Problem(
      "failed",
      "agent_trust_damaged",
      `${file} does not say which controller this agent belongs to`,
      "Remove the file and enrol this machine again.",
      { cause },
    );
  }
}

/** Remembers the controller, durably and whole. */
export async function writeAgentTrust(folder: string, trust: AgentTrust): Promise<void> {
  await writeFileAtomic(join(folder, agentTrustFile), `${JSON.stringify(trust, null, 2)}\n`, { mode: 0o600 });
  const handle = await open(folder, "r");
  await handle.sync().finally(() => handle.close());
}

/** Forgets the controller: from now on this agent belongs to nobody. */
export async function forgetAgentTrust(folder: string): Promise<void> {
  await rm(join(folder, agentTrustFile), { force: true });
}
