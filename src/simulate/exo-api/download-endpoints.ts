import { randomUUID } from "node:crypto";
import type { DownloadCommand } from "../exo/exo-commands.js";
import type { TaggedShard } from "../exo/exo-types.js";
import { type SimulatedVariant, since } from "../exo/simulated-variant.js";
import { object, required, text } from "../exo/strict-schema.js";
import { type ApiRequest, type Route, readBody, sendJson } from "./api-request.js";
import { shardCheck } from "./instance-schema.js";

/** Nobody says whether the node exists, or whether it does anything. */
function send(request: ApiRequest, command: DownloadCommand): void {
  request.node.download(command);
  sendJson(request.response, 200, { commandId: randomUUID() });
}

function start(request: ApiRequest): void {
  const check = object({ targetNodeId: required(text), shardMetadata: required(shardCheck(request.node.variant)) });
  const body = readBody(request, check) as { readonly targetNodeId: string; readonly shardMetadata: TaggedShard };
  send(request, { type: "StartDownload", ...body });
}

const cancelCheck = object({ targetNodeId: required(text), modelId: required(text) });

function cancel(request: ApiRequest): void {
  const body = readBody(request, cancelCheck) as { readonly targetNodeId: string; readonly modelId: string };
  send(request, { type: "CancelDownload", ...body });
}

/** Starting, cancelling and undoing downloads. DELETE erases the model's folder on that node. */
export const downloadRoutes = (variant: SimulatedVariant): readonly Route[] => [
  { method: "POST", path: "/download/start", endpoint: start },
  ...(since(variant, "1.0.70") ? [{ method: "POST", path: "/download/cancel", endpoint: cancel } as const] : []),
  {
    method: "DELETE",
    path: "/download/{node_id}/{model_id:path}",
    endpoint: (request) =>
      send(request, {
        type: "DeleteDownload",
        targetNodeId: request.params.node_id ?? "",
        modelId: request.params.model_id ?? "",
      }),
  },
];
