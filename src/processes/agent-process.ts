import tls from "node:tls";
import { openHttpExoApi } from "../adapters/exo-local/http-exo-api.js";
import { type AgentHome, openAgentHome } from "../adapters/files/agent-home.js";
import { openConversionDisk } from "../adapters/files/conversion-disk.js";
import { openModelRemovalDisk } from "../adapters/files/model-removal-disk.js";
import { openPlacedFoldersRecord } from "../adapters/files/placed-folders-record.js";
import { openRegistryDisk } from "../adapters/files/registry-disk.js";
import { openVocabularyFile } from "../adapters/files/vocabulary-file.js";
import { type ConverterProgram, createChildConverter } from "../adapters/system/child-converter.js";
import { childProcessHost } from "../adapters/system/child-process-host.js";
import type { AgentServices } from "../agent/agent-services.js";
import { createAuthority } from "../agent/authority.js";
import { createControllerKey, type TrustedKey } from "../agent/controller-key.js";
import { createDescribeExo } from "../agent/describe-exo.js";
import { createDescribeMachine } from "../agent/describe-node.js";
import type { ExoSupervisor } from "../agent/exo-supervisor.js";
import type { HostProbe } from "../agent/host-probe.js";
import { createModelConvert } from "../agent/model-convert.js";
import { createModelInspect } from "../agent/model-inspect.js";
import { createModelRemoval } from "../agent/model-removal.js";
import { createNodeAgent } from "../agent/node-agent.js";
import type { ProcessHost, ProgramSpec } from "../agent/process-host.js";
import { prepareVocabulary } from "../agent/vocabulary.js";
import { type AgentId, nodeName } from "../cluster/names.js";
import type { ExoReport } from "../cluster/node-report.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { type AgentClassicSettings, openAgentClassic } from "./agent-classic.js";
import {
  type AgentFacts,
  type Enrol,
  type EnrolledController,
  type EnrolmentOutcome,
  enrolWith,
  keysOf,
} from "./agent-enrolment.js";
import { type AgentFilesSettings, openAgentSync } from "./agent-sync.js";
import { type ControllerKeys, createControllerKeys } from "./controller-keys.js";
import { serveAgent } from "./serve-agent.js";

export interface AgentExoSettings extends AgentClassicSettings {
  /** How to run exo. Without it the agent observes an exo that somebody else runs. */
  readonly program?: ProgramSpec;
  /** Where the agent asks its exo; default 127.0.0.1. */
  readonly apiHost?: string;
  readonly apiPort: number;
  /** exo's custom cards folder, absolute. */
  readonly cardsFolder: string;
  /** exo's models folders, absolute, in exo's order; exo can write to the first. */
  readonly modelsFolders: readonly [string, ...string[]];
  /** Further folders with models in their sub-folders, absolute. They are only read. */
  readonly localModelsFolders?: readonly string[];
  readonly generation: ExoReport["generation"];
  /** Whether exo is started with the agent, or when the controller asks. Default `with-agent`. */
  readonly start?: "with-agent" | "on-request";
  /** What closing the agent does to the exo that it runs. */
  readonly onClose: "stop" | "leave";
}

export interface AgentSettings {
  /** The agent's own folder; created with mode 0700. */
  readonly homeFolder: string;
  readonly name: string;
  readonly agentVersion: string;
  readonly machine: "real" | "simulated";
  readonly listen: { readonly host: string; readonly port: number };
  /** Where other agents get model files from here. Default: any free port of the same host. */
  readonly files?: AgentFilesSettings;
  readonly identity: { readonly certificatePem: string; readonly privateKeyPem: string; readonly pin: string };
  /** The controller of an earlier enrolment, or how to find one. Until then every connection is refused. */
  readonly controller: EnrolledController | { readonly enrol: Enrol };
  readonly hostProbe: HostProbe;
  readonly exo: AgentExoSettings;
  /** How to convert models, given the home folder of that program. Without it the agent converts none. */
  readonly converter?: (homeFolder: string) => ConverterProgram;
  /** Writes down which keys of its controller the agent answers from now on. Without it that lasts as long as the agent runs. */
  readonly keepKeys?: (keys: readonly TrustedKey[]) => Promise<void>;
  readonly advertise: (facts: AgentFacts) => Promise<Close>;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Default: programs are child processes. */
  readonly processHost?: ProcessHost;
}

export interface RunningAgent {
  readonly port: number;
  readonly agentId: AgentId;
  /** base64url SHA-256 of its public key. */
  readonly pin: string;
  /** Resolves when the agent has a controller, or never will have one; never rejects. */
  readonly enrolment: Promise<EnrolmentOutcome>;
  /** From now on no controller is answered; calls under way end. */
  readonly answerNobody: () => void;
  readonly close: Close;
}

/** Starts exo without holding up the agent: a broken exo is something to report, not a reason to be away. */
function startInBackground(supervisor: ExoSupervisor, exoAnswers: Promise<boolean>, logger: Logger): void {
  const start = async (): Promise<void> => {
    if (await exoAnswers) logger.warn("an exo that this agent did not start is running; it is left alone");
    else await supervisor.start();
  };
  start().catch((error: unknown) => logger.error("exo was not started with the agent", { error }));
}

interface Built {
  readonly services: AgentServices;
  readonly supervisor: ExoSupervisor | undefined;
  readonly exoAnswers: (signal: AbortSignal) => Promise<boolean>;
  readonly close: Close;
}

/** Puts the agent together out of its adapters. Starts nothing but the listener for model files. */
async function buildAgent(
  settings: AgentSettings,
  home: AgentHome,
  logger: Logger,
  name: () => string,
  controllerKeys: ControllerKeys,
): Promise<Built> {
  const { exo, clock } = settings;
  const api = openHttpExoApi({ port: exo.apiPort, ...(exo.apiHost === undefined ? {} : { host: exo.apiHost }) });
  const host = settings.processHost ?? childProcessHost;
  const vocabulary = await prepareVocabulary(openVocabularyFile(home.vocabularyFolder), exo.program);
  const program = exo.program && { ...exo.program, env: { ...exo.program.env, ...vocabulary.env } };
  const authority = createAuthority(clock, logger);
  const placed = openPlacedFoldersRecord(home.placedFoldersFile);
  const describeMachine = createDescribeMachine(settings.hostProbe, clock);
  const { supervisor, ...classic } = await openAgentClassic({
    ...{ ...settings, places: exo.classic, start: exo.classicStart, program, apiPort: exo.apiPort },
    ...{ publishers: exo.classicPublishers, describeMachine, authority, host, logger },
  });
  const converter = settings.converter?.(home.converterHome);
  const registry = await openRegistryDisk({ ...exo, linkRecordFile: home.linkRecordFile }, placed);
  const removalFiles = await openModelRemovalDisk(exo, registry, placed, logger);
  const nodeAgent = createNodeAgent({
    agentId: home.agentId,
    name: () => nodeName(name()),
    agentVersion: settings.agentVersion,
    machine: settings.machine,
    describeMachine,
    describeExo: createDescribeExo({ api, apiPort: exo.apiPort, generation: exo.generation, supervisor, vocabulary }),
    supervisor,
    registry,
    placed,
    authority,
  });
  const { modelSync, close } = await openAgentSync({
    ...settings,
    files: settings.files ?? { host: settings.listen.host, port: 0 },
    modelsFolders: exo.modelsFolders,
    localModelsFolders: exo.localModelsFolders ?? [],
    registry,
    placed,
    authority,
    logger,
  });
  const modelConvert = createModelConvert({
    registry,
    folders: openConversionDisk(exo.modelsFolders),
    converter: converter && createChildConverter(converter),
    describeMachine,
    placed,
    authority,
    clock,
  });
  return {
    services: {
      nodeAgent,
      controllerKey: createControllerKey({ trusted: controllerKeys, authority }),
      modelInspect: createModelInspect(registry),
      modelRemoval: createModelRemoval(removalFiles, authority),
      ...classic,
      modelSync,
      modelConvert,
    },
    close,
    supervisor,
    exoAnswers: async (signal) =>
      exo.generation === "classic" ? await api.classicAnswers(signal) : (await api.nodeId(signal)) !== undefined,
  };
}

/**
 * Runs the agent of one machine: builds its adapters, serves its calls, starts exo where it was told how, advertises and
 * enrols. Returns as soon as calls are answered.
 *
 * @throws Problem when the home folder or the port can't be used
 */
export async function startAgent(settings: AgentSettings): Promise<RunningAgent> {
  // Before the first TLS context of this process: gRPC takes the lowest version from here.
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const { exo, identity, controller } = settings;
  const home = await openAgentHome(settings.homeFolder);
  const logger = settings.logger.child({ agent: home.agentId });
  let name = settings.name;
  const known = "enrol" in controller ? undefined : controller;
  const keys = createControllerKeys(known === undefined ? [] : keysOf(known), settings.keepKeys);
  const built = await buildAgent(settings, home, logger, () => name, keys);
  const { services, supervisor, exoAnswers } = built;
  name = known?.name ?? name;
  const server = await serveAgent({
    ...settings.listen,
    own: identity,
    trusted: keys.current(),
    services,
    logger,
  }).catch(async (error: unknown) => {
    await built.close();
    throw error;
  });

  keys.applyTo(server);
  const ending = new AbortController();
  const facts: AgentFacts = { agentId: home.agentId, port: server.port, pin: identity.pin };
  // In the order of opening: exo is let go last, when no call can reach it any more.
  const closers: Close[] = [
    async () => await supervisor?.close(exo.onClose),
    built.close,
    server.close,
    services.modelConvert.close,
  ];
  const close = closeAll(closers);
  try {
    // Not before the port is ours: another agent of this machine may be converting.
    await services.modelConvert
      .begin()
      .catch((error: unknown) => logger.error("what a conversion has left could not be removed", { error }));
    closers.push(await settings.advertise(facts));
  } catch (error) {
    await close();
    throw error;
  }
  const accept = (enrolled: EnrolledController): void => {
    name = enrolled.name ?? name;
    keys.use(keysOf(enrolled));
  };
  const enrolment: Promise<EnrolmentOutcome> =
    "enrol" in controller
      ? enrolWith(controller.enrol, facts, ending.signal, accept, logger)
      : Promise.resolve({ kind: "enrolled", standing: "member" });
  closers.push(async () => {
    ending.abort(new Error("the agent is closing"));
    await enrolment;
  });
  // exo 0.0.x has to be told its peers first.
  if (supervisor !== undefined && exo.start !== "on-request" && exo.classic === undefined) {
    startInBackground(supervisor, exoAnswers(ending.signal), logger);
  }
  logger.info("agent is up", { port: server.port });
  return {
    port: server.port,
    agentId: home.agentId,
    pin: identity.pin,
    enrolment,
    answerNobody: () => keys.use([]),
    close,
  };
}
