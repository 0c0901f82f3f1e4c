import { RefusalError } from "./refusal.js";

/** Whose repositories an exo 0.0.x may load models from, unless the agent is told otherwise: those of the published quantisations. */
export const usualPublishers: readonly string[] = ["mlx-community"];

/**
 * exo 0.0.x lets transformers run code that comes with a model (`trust_remote_code`). So whoever may name any repository may run any
 * program: whose may be named is told to the agent at its installation, and never over the network.
 *
 * @param repo `owner/name`; `dummy` is no repository
 * @throws RefusalError `invalid`
 */
export function checkPublisher(publishers: readonly string[], repo: string): void {
  const [owner = ""] = repo.split("/");
  if (repo === "dummy" || publishers.includes(owner)) return;
  throw new RefusalError(
    "invalid",
    `exo 0.0.x runs code that comes with a model, and this agent was told to trust ${publishers.join(", ")} with that, not ${owner}; it is started with \`--classic-publisher ${owner}\` to change this`,
  );
}
