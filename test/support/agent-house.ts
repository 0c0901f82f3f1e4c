import tls from "node:tls";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { loadModelRemoval, loadNodeAgent } from "../../src/adapters/grpc/agent-definitions.js";
import { type AgentServer, openAgentServer } from "../../src/adapters/grpc/agent-server.js";
import { openAgentLink } from "../../src/adapters/grpc/grpc-agent-link.js";
import type { Authority } from "../../src/agent/authority.js";
import { noClassicExo } from "../../src/agent/classic-exo.js";
import { type ControllerKey, createControllerKey } from "../../src/agent/controller-key.js";
import type { ModelConvert } from "../../src/agent/model-convert.js";
import { createModelInspect } from "../../src/agent/model-inspect.js";
import { createModelRemoval, type ModelRemoval } from "../../src/agent/model-removal.js";
import type { ModelSync } from "../../src/agent/sync/model-sync.js";
import type { AgentLink } from "../../src/inventory/agent-link.js";
import { createControllerKeys } from "../../src/processes/controller-keys.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { anIdentity, type TestIdentity } from "./agent-identities.js";
import { type AgentParts, createTestAgent } from "./agent-parts.js";
import { createTempRegistry, type TempRegistry } from "./registry-temp.js";

const nobody = (): never => {
  throw new Error("nobody asked for this");
};

/** For agents that copy no models. */
export const noModelSync: ModelSync = {
  look: nobody,
  makeManifest: nobody,
  share: nobody,
  fetch: nobody,
};

/** For agents that convert no models. */
export const noModelConvert: ModelConvert = {
  check: nobody,
  convert: nobody,
  cancel: nobody,
  begin: nobody,
  close: nobody,
};

/** For agents that remove no model's files. */
export const noModelRemoval: ModelRemoval = {
  find: nobody,
  removeFiles: nobody,
  leaveForgetNote: nobody,
  clearForgetNote: nobody,
};

/** For agents whose controller keeps its key. */
export const noControllerKey: ControllerKey = { announce: nobody, confirm: nobody };

export const agentHost = "127.0.0.1";

export interface LinkChanges {
  readonly port?: number;
  readonly agent?: TestIdentity;
  readonly observeMs?: number;
}

/** What an agent answers besides; a test that needs none of it leaves it out. */
export interface FurtherServices {
  readonly modelSync?: ModelSync;
  readonly modelConvert?: (authority: Authority) => Promise<ModelConvert>;
}

/** An agent that serves on a loopback port, with everybody who might call it. */
export async function openAgentHouse(further: FurtherServices = {}) {
  const before = tls.DEFAULT_MIN_VERSION;
  tls.DEFAULT_MIN_VERSION = "TLSv1.3";
  const open: (() => Promise<void>)[] = [];
  const registry: TempRegistry = await createTempRegistry();
  const [agent, controller, stranger] = (await Promise.all(["agent", "controller", "stranger"].map(anIdentity))) as [
    TestIdentity,
    TestIdentity,
    TestIdentity,
  ];
  const files = await registry.open();
  const parts: AgentParts = createTestAgent(files);
  const modelConvert = (await further.modelConvert?.(parts.authority)) ?? noModelConvert;
  const modelRemoval = createModelRemoval(await registry.openRemoval(), parts.authority);
  const serve = async (trusted: readonly TestIdentity[], port = 0): Promise<AgentServer> => {
    const keys = createControllerKeys(trusted);
    const server = await openAgentServer({
      host: agentHost,
      port,
      own: agent,
      trusted,
      services: {
        nodeAgent: parts.agent,
        controllerKey: createControllerKey({ trusted: keys, authority: parts.authority }),
        modelInspect: createModelInspect(files),
        classicRegistry: parts.classicRegistry,
        classicExo: noClassicExo(),
        modelSync: further.modelSync ?? noModelSync,
        modelConvert,
        modelRemoval,
      },
      logger: silentLogger,
      closeGraceMs: 200,
    });
    keys.applyTo(server);
    return server;
  };
  const server = await serve([controller]);
  const link = (own: TestIdentity, changes: LinkChanges = {}): AgentLink => {
    const opened = openAgentLink({
      host: agentHost,
      port: changes.port ?? server.port,
      own,
      agent: changes.agent ?? agent,
      deadlines: { observeMs: changes.observeMs ?? 10_000 },
    });
    open.push(() => opened.close());
    return opened;
  };
  /** Clients without the link's manners, for calls that the link would never make. */
  const rawClientOf = <C extends { close(): void }>(
    Service: new (address: string, secure: ChannelCredentials, options: object) => C,
    own: TestIdentity,
  ): C => {
    const context = tls.createSecureContext({
      ca: agent.certificatePem,
      cert: own.certificatePem,
      key: own.privateKeyPem,
    });
    const secure = credentials.createFromSecureContext(context, { checkServerIdentity: () => undefined });
    const client = new Service(`${agentHost}:${server.port}`, secure, { "grpc.ssl_target_name_override": "x" });
    open.push(async () => client.close());
    return client;
  };
  const rawClient = (own: TestIdentity) => rawClientOf(loadNodeAgent(), own);
  const rawRemovalClient = (own: TestIdentity) => rawClientOf(loadModelRemoval(), own);
  const close = async (): Promise<void> => {
    for (const end of open) await end();
    await server.close();
    await registry.remove();
    tls.DEFAULT_MIN_VERSION = before;
  };
  return {
    registry,
    parts,
    agent,
    controller,
    stranger,
    server,
    serve,
    link,
    rawClient,
    rawRemovalClient,
    onClose: open,
    close,
  };
}

export type AgentHouse = Awaited<ReturnType<typeof openAgentHouse>>;
