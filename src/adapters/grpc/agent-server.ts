import tls from "node:tls";
import { experimental, Server } from "@grpc/grpc-js";
import type { AgentServices } from "../../agent/agent-services.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import type { Close } from "../../runtime/close-all.js";
import type { Logger } from "../../runtime/logger.js";
import {
  loadClassicExo,
  loadClassicRegistry,
  loadControllerKey,
  loadModelConvert,
  loadModelInspect,
  loadModelRemoval,
  loadModelSync,
  loadNodeAgent,
  maxMessageBytes,
} from "./agent-definitions.js";
import { createAgentService } from "./agent-service.js";
import { createClassicExoService } from "./classic-exo-service.js";
import { createClassicRegistryService } from "./classic-registry-service.js";
import { createControllerKeyService } from "./controller-key-service.js";
import { createConvertService } from "./convert-service.js";
import { createInspectService } from "./inspect-service.js";
import { createModelSyncService } from "./model-sync-service.js";
import { createRemovalService } from "./removal-service.js";
import type { CallFrame } from "./serve-calls.js";
import { createTrustedPins } from "./trusted-pins.js";

/** A controller that an agent answers. */
export interface TrustedController {
  /** Its own, self-signed certificate, as exchanged at enrolment. */
  readonly certificatePem: string;
}

export interface AgentServerSettings {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly own: { readonly certificatePem: string; readonly privateKeyPem: string };
  /** None: the agent is not enrolled yet and closes every connection at once. */
  readonly trusted: readonly TrustedController[];
  readonly services: AgentServices;
  readonly logger: Logger;
  /** How long calls that are under way may take to finish when the server closes. */
  readonly closeGraceMs?: number;
}

export interface AgentServer {
  readonly port: number;
  /**
   * Replaces the keys that are answered, from the next call on, also on connections that are open. Calls under way of a key that is
   * not among them end.
   */
  trust(controllers: readonly TrustedController[]): void;
  readonly close: Close;
}

const pinOf = ({ certificatePem }: TrustedController): string => spkiPin(certificatePem);

/** Hands certificates to gRPC, which asks for them when it binds and listens for changes afterwards. */
function createCertificates(own: AgentServerSettings["own"], trusted: readonly TrustedController[]) {
  const identity = { certificate: Buffer.from(own.certificatePem), privateKey: Buffer.from(own.privateKeyPem) };
  const authorities = (controllers: readonly TrustedController[]) =>
    controllers.length === 0
      ? null
      : { caCertificate: Buffer.from(controllers.map((controller) => controller.certificatePem).join("\n")) };
  const listeners = new Set<(update: { caCertificate: Buffer } | null) => void>();
  let current = authorities(trusted);
  // Not at once: gRPC registers its own listener only after this call and would miss the answer.
  const later = (tell: () => void): void => queueMicrotask(tell);
  const provider: experimental.CertificateProvider = {
    addCaCertificateListener: (listener) => {
      listeners.add(listener);
      later(() => listener(current));
    },
    removeCaCertificateListener: (listener) => {
      listeners.delete(listener);
    },
    addIdentityCertificateListener: (listener) => later(() => listener(identity)),
    removeIdentityCertificateListener: () => {},
  };
  const update = (controllers: readonly TrustedController[]): void => {
    current = authorities(controllers);
    for (const listener of listeners) listener(current);
  };
  return { provider, update };
}

async function shutDown(server: Server, graceMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    // tryShutdown waits for open calls without limit.
    const insist = setTimeout(() => server.forceShutdown(), graceMs);
    server.tryShutdown(() => {
      clearTimeout(insist);
      resolve();
    });
  });
}

/**
 * Serves an agent's calls over TLS 1.3 with a certificate on both sides. There is no other way in.
 *
 * @throws when the port is taken, or when the process has not set `tls.DEFAULT_MIN_VERSION` to TLS 1.3
 */
export async function openAgentServer(settings: AgentServerSettings): Promise<AgentServer> {
  // gRPC builds its TLS contexts itself and takes the lowest version from here.
  if (tls.DEFAULT_MIN_VERSION !== "TLSv1.3")
    throw new Error("tls.DEFAULT_MIN_VERSION must be TLSv1.3 before the agent serves");
  const { own, services, logger } = settings;
  const certificates = createCertificates(own, settings.trusted);
  const trusted = createTrustedPins(settings.trusted.map(pinOf));
  const server = new Server({
    "grpc.max_receive_message_length": maxMessageBytes,
    "grpc.max_send_message_length": maxMessageBytes,
    "grpc.max_concurrent_streams": 64,
  });
  const frame: CallFrame = { ...trusted, logger };
  server.addService(loadNodeAgent().service, createAgentService(services.nodeAgent, frame));
  server.addService(loadControllerKey().service, createControllerKeyService(services.controllerKey, frame));
  server.addService(loadModelInspect().service, createInspectService(services.modelInspect, frame));
  server.addService(loadClassicRegistry().service, createClassicRegistryService(services.classicRegistry, frame));
  server.addService(loadClassicExo().service, createClassicExoService(services.classicExo, frame));
  server.addService(loadModelSync().service, createModelSyncService(services.modelSync, frame));
  server.addService(loadModelConvert().service, createConvertService(services.modelConvert, frame));
  server.addService(loadModelRemoval().service, createRemovalService(services.modelRemoval, frame));
  const credentials = experimental.createCertificateProviderServerCredentials(
    certificates.provider,
    certificates.provider,
    true,
  );
  const address = settings.host.includes(":")
    ? `[${settings.host}]:${settings.port}`
    : `${settings.host}:${settings.port}`;
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(address, credentials, (error, bound) => (error === null ? resolve(bound) : reject(error)));
  });
  let closing: Promise<void> | undefined;
  return {
    port,
    trust: (controllers) => {
      // New connections first: none may slip in while calls are ended.
      certificates.update(controllers);
      trusted.replace(controllers.map(pinOf));
    },
    close: () => {
      closing ??= shutDown(server, settings.closeGraceMs ?? 2_000);
      return closing;
    },
  };
}
