import { fileURLToPath } from "node:url";
import { loadPackageDefinition, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType as ClassicExoTypes } from "./generated/classic_exo.js";
import type { ProtoGrpcType as ClassicRegistryTypes } from "./generated/classic_registry.js";
import type { ProtoGrpcType as ControllerKeyTypes } from "./generated/controller_key.js";
import type { ProtoGrpcType as ModelConvertTypes } from "./generated/model_convert.js";
import type { ProtoGrpcType as ModelInspectTypes } from "./generated/model_inspect.js";
import type { ProtoGrpcType as ModelRemovalTypes } from "./generated/model_removal.js";
import type { ProtoGrpcType as ModelSyncTypes } from "./generated/model_sync.js";
import type { ProtoGrpcType as NodeAgentTypes } from "./generated/node_agent.js";

/** No message of ours comes near this: larger ones are refused on both ends. */
export const maxMessageBytes = 1024 * 1024;

/** Request metadata; see proto/node_agent.proto. */
export const leaseTermKey = "exoctl-lease-term";
export const protocolVersionKey = "exoctl-pv";
/** Trailing metadata of a refusal. */
export const reasonKey = "exoctl-reason";

// The same distance from src/adapters/grpc and from dist/adapters/grpc.
const protoFile = (name: string): string => fileURLToPath(new URL(`../../../proto/${name}.proto`, import.meta.url));

/**
 * A proto file, loaded with the options that the generated types were made with (scripts/generate-grpc-types.js). Reads the
 * file: call it once, when a server or a client is opened. gRPC's own lines on standard error are switched off: every failure
 * reaches its caller as an error.
 */
function load<T>(name: string): T {
  setLogVerbosity(logVerbosity.NONE);
  const definition = loadSync(protoFile(name), { longs: Number, enums: String, defaults: true });
  return loadPackageDefinition(definition) as unknown as T;
}

export const loadClassicExo = () => load<ClassicExoTypes>("classic_exo").exoctl.agent.v1.ClassicExo;
export const loadClassicRegistry = () => load<ClassicRegistryTypes>("classic_registry").exoctl.agent.v1.ClassicRegistry;
export const loadControllerKey = () => load<ControllerKeyTypes>("controller_key").exoctl.agent.v1.ControllerKey;
export const loadModelConvert = () => load<ModelConvertTypes>("model_convert").exoctl.agent.v1.ModelConvert;
export const loadNodeAgent = () => load<NodeAgentTypes>("node_agent").exoctl.agent.v1.NodeAgent;
export const loadModelInspect = () => load<ModelInspectTypes>("model_inspect").exoctl.agent.v1.ModelInspect;
export const loadModelSync = () => load<ModelSyncTypes>("model_sync").exoctl.agent.v1.ModelSync;
export const loadModelRemoval = () => load<ModelRemovalTypes>("model_removal").exoctl.agent.v1.ModelRemoval;
