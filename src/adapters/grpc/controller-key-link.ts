import { X509Certificate } from "node:crypto";
import type { ControllerKeyLink } from "../../inventory/controller-key-link.js";
import type { AgentChannel } from "./agent-channel.js";
import { loadControllerKey } from "./agent-definitions.js";

const deadlineMs = 15_000;

const ignoreAnswer = (): void => {};

/** The calls of proto/controller_key.proto over a connection to an agent. */
export function openControllerKeyLink({ clientOf, call }: AgentChannel): ControllerKeyLink {
  const client = clientOf(loadControllerKey());
  return {
    announce: (certificatePem, signal) => {
      const request = { certificate: new X509Certificate(certificatePem).raw };
      return call(client.announceKey.bind(client), request, ignoreAnswer, { signal, deadlineMs });
    },
    confirm: (signal) => call(client.confirmKey.bind(client), {}, ignoreAnswer, { signal, deadlineMs }),
  };
}
