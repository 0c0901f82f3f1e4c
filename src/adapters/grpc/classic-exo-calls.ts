import type { ClassicExoLink } from "../../inventory/classic-exo-link.js";
import type { AgentChannel } from "./agent-channel.js";
import { loadClassicExo } from "./agent-definitions.js";
import { readClassicExoReport, settingsMessage } from "./classic-exo-messages.js";

/** The controller's calls about how exo 0.0.x is started on one agent's machine. */
export function classicExoCalls({ clientOf, call }: AgentChannel, deadlineMs: number): ClassicExoLink {
  const client = clientOf(loadClassicExo());
  return {
    describe: (signal) => call(client.describe.bind(client), {}, readClassicExoReport, { signal, deadlineMs }),
    configure: (settings, signal) =>
      call(client.configure.bind(client), settingsMessage(settings), readClassicExoReport, { signal, deadlineMs }),
  };
}
