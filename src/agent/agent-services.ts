import type { ModelConvert } from "./model-convert.js";
import type { NodeAgent } from "./node-agent.js";

/** Everything that an agent answers, by service. */
export interface AgentServices {
  readonly nodeAgent: NodeAgent;
  readonly modelConvert: ModelConvert;
}
