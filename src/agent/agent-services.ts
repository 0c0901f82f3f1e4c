import type { ModelInspect } from "./model-inspect.js";
import type { NodeAgent } from "./node-agent.js";

/** Everything that an agent answers, by service. */
export interface AgentServices {
  readonly nodeAgent: NodeAgent;
  readonly modelInspect: ModelInspect;
}
