import { existsSync, type FSWatcher, watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type AgentTrust, agentTrustFile, readAgentTrust, writeAgentTrust } from "../adapters/files/agent-trust.js";
import { advertiseAgent, type ServiceType } from "../adapters/mdns/bonjour-advertiser.js";
import { systemClock } from "../adapters/system/system-clock.js";
import { enrolWithController } from "../adapters/tls/enrol-with-controller.js";
import { loadOrCreateIdentity } from "../adapters/tls/identity.js";
import type { TrustedKey } from "../agent/controller-key.js";
import { protocolVersion } from "../cluster/node-report.js";
import { pinWords } from "../cluster/pin-words.js";
import { spkiPin } from "../cluster/spki-pin.js";
import type { HostPort } from "../config/host-port.js";
import type { JoinToken } from "../controller/join-token.js";
import type { Logger } from "../runtime/logger.js";
import { Problem } from "../runtime/problem.js";
import type { Enrol } from "./agent-enrolment.js";
import { type AgentSettings, type RunningAgent, startAgent } from "./agent-process.js";
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
  const { homeFolder, mdns, join: joining, logger } = settings;
  await mkdir(homeFolder, { recursive: true, mode: 0o700 });
  const identity = await loadOrCreateIdentity(homeFolder, agentCommonName);
  const trust = joining === undefined ? await readAgentTrust(homeFolder) : undefined;
  if (joining === undefined && trust === undefined)
    throw new Problem(
      "usage",
      "not_enrolled",
      "this agent has not joined a controller yet",
      "On the controller's machine, `exoctl token create` prints the command that joins it.",
    );
  const keepKeys = async ([first, announced]: readonly TrustedKey[]): Promise<void> => {
    // Read anew: a controller that was forgotten meanwhile must not come back with a new key.
    const before = await readAgentTrust(homeFolder);
    if (before === undefined || first === undefined) throw new Error("this agent has left its controller");
    const { announced: _last, ...same } = before;
    const next = announced === undefined ? {} : { announced: withPin(announced) };
    await writeAgentTrust(homeFolder, { ...same, ...withPin(first), ...next });
  };
  // A trust that can't be read is replaced by the new one all the same.
  const before = joining === undefined ? undefined : await readAgentTrust(homeFolder).catch(() => undefined);
  const enrol: Enrol = async ({ agentId, port }, signal) => {
    if (joining === undefined) throw new Error("there is nothing to join");
    const { controller, token } = joining;
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
    sayWhatChanged(logger, before, next);
    return { ...next, standing: enrolment.standing };
  };
  const agent = await startAgent({
    ...settings,
    identity,
    keepKeys,
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
  const watching = watchForForgetting(homeFolder, () => {
    agent.answerNobody();
    logger.warn("this agent has left its controller and answers nobody now");
  });
  return {
    ...agent,
    close: async () => {
      watching.close();
      await agent.close();
    },
  };
}

const withPin = ({ certificatePem }: TrustedKey) => ({ certificatePem, pin: spkiPin(certificatePem) });

/** Somebody who moves a machine to another controller should see both. */
function sayWhatChanged(logger: Logger, before: AgentTrust | undefined, now: AgentTrust): void {
  const fields = { cluster: now.clusterId, name: now.name, controller: pinWords(now.pin) };
  if (before === undefined) logger.info("this agent belongs to a controller now", fields);
  else if (before.pin === now.pin) logger.info("this agent has enrolled with its controller again", fields);
  else
    logger.warn("this agent has left one controller for another", {
      ...fields,
      leftCluster: before.clusterId,
      leftController: pinWords(before.pin),
    });
}

/** Calls back when the file that names the controller is taken away, as `exoctl agent forget` does. */
function watchForForgetting(homeFolder: string, forgotten: () => void): FSWatcher {
  const file = join(homeFolder, agentTrustFile);
  return watch(homeFolder, { persistent: false }, (_event, name) => {
    // Replaced whole at each change: what is not there for good has been removed.
    if (name === agentTrustFile && !existsSync(file)) forgotten();
  });
}
