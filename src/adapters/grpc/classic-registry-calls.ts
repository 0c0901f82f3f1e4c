import type { ClassicRegistryLink } from "../../inventory/classic-registry-link.js";
import type { AgentChannel } from "./agent-channel.js";
import { loadClassicRegistry } from "./agent-definitions.js";
import { readAddReport, readDescription, readRemoveReport } from "./classic-messages.js";
import { addRequest, removeRequest } from "./classic-requests.js";

/** The controller's calls about exo 0.0.x's registry on one agent's connection. */
export function classicRegistryCalls({ clientOf, call }: AgentChannel, deadlineMs: number): ClassicRegistryLink {
  const client = clientOf(loadClassicRegistry());
  return {
    describe: (ids, signal) =>
      call(client.describe.bind(client), { ids: [...ids] }, readDescription, { signal, deadlineMs }),
    add: (wish, signal) => call(client.addEntry.bind(client), addRequest(wish), readAddReport, { signal, deadlineMs }),
    remove: (wish, signal) =>
      call(client.removeEntry.bind(client), removeRequest(wish), readRemoveReport, { signal, deadlineMs }),
  };
}
