import { mkdir } from "node:fs/promises";
import { type AgentTrust, readAgentTrust, writeAgentTrust } from "../adapters/files/agent-trust.js";
import { advertiseAgent, type ServiceType } from "../adapters/mdns/bonjour-advertiser.js";
import { systemClock } from "../adapters/system/system-clock.js";
import { enrolWithController } from "../adapters/tls/enrol-with-controller.js";
import { loadOrCreateIdentity } from "../adapters/tls/identity.js";
import { protocolVersion } from "../cluster/node-report.js";
import type { HostPort } from "../config/host-port.js";
import type { JoinToken } from "../controller/join-token.js";
import { Problem } from "../runtime/problem.js";
import { type AgentSettings, type Enrol, type RunningAgent, startAgent } from "./agent-process.js";
import { agentCommonName } from "./state-names.js";

/** How an agent is found, and how it joins. */
export interface EnrollingAgentSettings
  extends Omit<AgentSettings, "identity" | "controller" | "advertise" | "clock" | "processHost"> {
  readonly mdns: { readonly serviceType: ServiceType; readonly interfaceAddress: string; readonly port: number };
  /** Given when the agent is to enrol, which replaces an earlier enrolment. */
  readonly join?: { readonly controller: HostPort; readonly token: JoinToken };
}

/**
 * Starts an agent with everything around it: its key, its enrolment, its advertisement.
 *
 * @throws Problem `not_enrolled` when it belongs to no controller and was not told how to join one
 */
export async function startEnrollingAgent(settings: EnrollingAgentSettings): Promise<RunningAgent> {
  const { homeFolder, mdns, join, logger } = settings;
  await mkdir(homeFolder, { recursive: true, mode: 0o700 });
  const identity = await loadOrCreateIdentity(homeFolder, agentCommonName);
  const trust = join === undefined ? await readAgentTrust(homeFolder) : undefined;
  if (join === undefined && trust === undefined)
    throw new Problem(
      "usage",
      "not_enrolled",
      "this agent has not joined a controller yet",
      "On the controller's machine, `exoctl token create` prints the command that joins it.",
    );
  const enrol: Enrol = async ({ agentId, port }, signal) => {
    if (join === undefined) throw new Error("there is nothing to join");
    const { controller, token } = join;
    const enrolment = await enrolWithController({
      ...controller,
      token,
      identity,
      agentId,
      name: settings.name,
      servicePort: port,
      signal,
    });
    const next: AgentTrust = {
      clusterId: enrolment.clusterId,
      name: enrolment.name,
      certificatePem: enrolment.controllerCertificatePem,
      pin: enrolment.controllerPin,
    };
    await writeAgentTrust(homeFolder, next);
    return { ...next, standing: enrolment.standing };
  };
  return startAgent({
    ...settings,
    identity,
    clock: systemClock,
    controller: trust ?? { enrol },
    advertise: ({ agentId, port, pin }) =>
      advertiseAgent({
        serviceType: mdns.serviceType,
        instanceId: agentId,
        port,
        txt: { txtvers: "1", pv: String(protocolVersion), id: agentId, fp: pin },
        interfaceAddress: mdns.interfaceAddress,
        mdnsPort: mdns.port,
        clock: systemClock,
        onTrouble: (message) => logger.warn("mDNS is in trouble", { reason: message }),
      }),
  });
}
