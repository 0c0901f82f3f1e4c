import type { ExoVariant } from "./exo-variant.js";
import type { Hardware, MemoryFacts } from "./hardware.js";
import type { AgentId, ExoNodeId, NodeName } from "./names.js";

/** Version of the contract between controller and agent. Different versions observe each other but do not act. */
export const protocolVersion = 1;

export type ExoRunState = "stopped" | "starting" | "running" | "failed";

/** What an agent knows about the exo on its machine. */
export interface ExoReport {
  readonly state: ExoRunState;
  /** Whether the agent may start and stop this exo; false where a person runs EXO.app. */
  readonly managed: boolean;
  readonly generation: "modern" | "classic" | "unknown";
  /** TCP port of exo's HTTP API on this machine. */
  readonly apiPort: number;
  /** Present while exo answers. Changes at every start of exo. */
  readonly nodeId?: ExoNodeId;
  /** Present while an exo 1.x answers. */
  readonly variant?: ExoVariant;
  /** Why it is not running, in one sentence. */
  readonly problem?: string;
  /** Absent where exo needs none, or the agent is too old to say. */
  readonly vocabulary?: VocabularyReport;
}

/** Whether exo on a node finds the o200k vocabulary. `unknown`: others start exo there, and nobody sees their environment. */
export interface VocabularyReport {
  readonly state: "ready" | "missing" | "unknown";
  /** Where it is, or what is wrong, for people. */
  readonly note: string;
}

/** An agent's answer to `Describe`: measurements only, no opinion. */
export interface NodeReport {
  readonly agentId: AgentId;
  readonly name: NodeName;
  readonly protocolVersion: number;
  readonly agentVersion: string;
  /** True for a simulated Mac. Such measurements are never stored as calibration. */
  readonly simulated: boolean;
  readonly hardware: Hardware;
  readonly memory: MemoryFacts;
  readonly exo: ExoReport;
}
