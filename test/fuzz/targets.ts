import { controllerTargets } from "./controller-targets.js";
import { discoveryTargets } from "./discovery-targets.js";
import { exoTargets } from "./exo-targets.js";
import { grpcTarget } from "./grpc-target.js";
import { modelTargets } from "./model-targets.js";
import type { FuzzTarget } from "./target.js";

/** Every parser of bytes from people who are not trusted. */
export const targets: readonly FuzzTarget[] = [
  ...discoveryTargets,
  grpcTarget,
  ...exoTargets,
  ...modelTargets,
  ...controllerTargets,
];
