import type { ClassicExo } from "./classic-exo.js";
import type { ClassicRegistry } from "./classic-registry.js";
import type { ControllerKey } from "./controller-key.js";
import type { ModelConvert } from "./model-convert.js";
import type { ModelInspect } from "./model-inspect.js";
import type { ModelRemoval } from "./model-removal.js";
import type { NodeAgent } from "./node-agent.js";
import type { ModelSync } from "./sync/model-sync.js";

/** Everything that an agent answers, by service. */
export interface AgentServices {
  readonly nodeAgent: NodeAgent;
  readonly controllerKey: ControllerKey;
  readonly modelInspect: ModelInspect;
  readonly classicRegistry: ClassicRegistry;
  readonly classicExo: ClassicExo;
  readonly modelSync: ModelSync;
  readonly modelConvert: ModelConvert;
  readonly modelRemoval: ModelRemoval;
}
