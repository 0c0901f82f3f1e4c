import type { ModelId } from "../cluster/names.js";
import type { NodeReport } from "../cluster/node-report.js";
import type { EntryOutcome, EntrySpec, RegistryReport } from "../cluster/registry-report.js";
import type { ClassicExoLink } from "./classic-exo-link.js";
import type { ClassicRegistryLink } from "./classic-registry-link.js";
import type { ControllerKeyLink } from "./controller-key-link.js";
import type { ConvertLink } from "./convert-link.js";
import type { ModelInspectLink } from "./model-inspect-link.js";
import type { ModelRemovalLink } from "./model-removal-link.js";
import type { ModelSyncLink } from "./model-sync-link.js";

/** The lease under which a controller may act on an agent. The agent refuses older terms. */
export interface Lease {
  readonly term: number;
  readonly validMs: number;
}

/**
 * The controller's connection to one enrolled agent, over mutual pinned TLS. Every call takes the caller's signal and adds a
 * deadline of its own.
 *
 * All calls reject with `AgentUnreachableError` (retryable) when the agent does not answer, and with `AgentRefusedError`
 * when it answers no; the message of the latter is the agent's own sentence.
 */
export interface AgentLink extends ModelInspectLink {
  describe(signal: AbortSignal): Promise<NodeReport>;
  /** Takes or renews the lease of this controller. Calls below need one. */
  takeLease(term: number, signal: AbortSignal): Promise<Lease>;
  /** Writes the entry into exo's registry on that node and links its weights. Idempotent. */
  ensureEntry(entry: EntrySpec, signal: AbortSignal): Promise<EntryOutcome>;
  removeEntry(modelId: ModelId, signal: AbortSignal): Promise<"removed" | "absent">;
  describeRegistry(signal: AbortSignal): Promise<RegistryReport>;
  startExo(signal: AbortSignal): Promise<void>;
  stopExo(signal: AbortSignal): Promise<void>;
  /** The registry of exo 0.0.x, where the node has one. */
  readonly classic: ClassicRegistryLink;
  /** How exo 0.0.x is started, where the agent starts one. */
  readonly classicExo: ClassicExoLink;
  /** Which key of the controller the agent answers. */
  readonly controllerKey: ControllerKeyLink;
  /** Copies of models between nodes. */
  readonly sync: ModelSyncLink;
  readonly convert: ConvertLink;
  readonly removal: ModelRemovalLink;
  close(): Promise<void>;
}

/** The agent did not answer in time or its key is not the enrolled one. */
export class AgentUnreachableError extends Error {
  override readonly name = "AgentUnreachableError";
  readonly retryable = true;

  constructor(
    readonly code: "agent_unreachable" | "agent_pin_mismatch",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The agent answered, and the answer is no. Trying again without changing something does not help. */
export class AgentRefusedError extends Error {
  override readonly name = "AgentRefusedError";
  readonly retryable = false;

  constructor(
    readonly code: "stale_term" | "other_controller" | "invalid" | "not_possible",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
