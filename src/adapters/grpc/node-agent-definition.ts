import { fileURLToPath } from "node:url";
import { loadPackageDefinition, logVerbosity, setLogVerbosity } from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";
import type { ProtoGrpcType } from "./generated/node_agent.js";

/** No message of ours comes near this: larger ones are refused on both ends. */
export const maxMessageBytes = 1024 * 1024;

/** Request metadata; see proto/node_agent.proto. */
export const leaseTermKey = "exoctl-lease-term";
export const protocolVersionKey = "exoctl-pv";
/** Trailing metadata of a refusal. */
export const reasonKey = "exoctl-reason";

/**
 * The service as described in proto/node_agent.proto, with the options that the generated types were made with
 * (scripts/generate-grpc-types.js). Reads the file: call it once, when a server or a client is opened. gRPC's own lines on
 * standard error are switched off: every failure reaches its caller as an error.
 */
export function loadNodeAgentPackage(): ProtoGrpcType["exoctl"]["agent"]["v1"] {
  setLogVerbosity(logVerbosity.NONE);
  // The same distance from src/adapters/grpc and from dist/adapters/grpc.
  const file = fileURLToPath(new URL("../../../proto/node_agent.proto", import.meta.url));
  const definition = loadSync(file, { longs: Number, enums: String, defaults: true });
  const loaded = loadPackageDefinition(definition) as unknown as ProtoGrpcType;
  return loaded.exoctl.agent.v1;
}
