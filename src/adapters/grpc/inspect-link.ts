import type { ModelInspectLink } from "../../inventory/model-inspect-link.js";
import type { AgentChannel } from "./agent-channel.js";
import { loadModelInspect } from "./agent-definitions.js";
import { readInspected } from "./inspect-messages.js";

/** An agent takes 20 s at most, and one inspection may have to wait for another. */
const inspectMs = 45_000;

/** The calls of proto/model_inspect.proto on a connection to an agent. */
export function openInspectLink(channel: AgentChannel): ModelInspectLink {
  const client = channel.clientOf(loadModelInspect());
  return {
    inspectModel: (modelId, signal) =>
      channel.call(client.inspectModel.bind(client), { modelId }, readInspected, { signal, deadlineMs: inspectMs }),
  };
}
