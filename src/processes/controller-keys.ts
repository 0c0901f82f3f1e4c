import type { AgentServer } from "../adapters/grpc/agent-server.js";
import type { TrustedKey, TrustedKeys } from "../agent/controller-key.js";

/** The keys that a running agent answers. */
export interface ControllerKeys extends TrustedKeys {
  /** The server that goes by them from now on. */
  applyTo(server: Pick<AgentServer, "trust">): void;
  /** Replaces them without writing anything down: somebody else has. */
  use(keys: readonly TrustedKey[]): void;
}

/** @param write makes the keys durable before they are in force: an agent that is killed in between answers what is on disk */
export function createControllerKeys(
  first: readonly TrustedKey[],
  write: (keys: readonly TrustedKey[]) => Promise<void> = async () => {},
): ControllerKeys {
  let keys = first;
  let server: Pick<AgentServer, "trust"> | undefined;
  const use = (next: readonly TrustedKey[]): void => {
    keys = next;
    server?.trust(next);
  };
  return {
    current: () => keys,
    keep: async (next) => {
      await write(next);
      use(next);
    },
    applyTo: (opened) => {
      server = opened;
    },
    use,
  };
}
