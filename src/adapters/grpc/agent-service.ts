import { X509Certificate } from "node:crypto";
import { Metadata, type ServerUnaryCall, type sendUnaryData, status } from "@grpc/grpc-js";
import { z } from "zod";
import type { Caller, NodeAgent } from "../../agent/node-agent.js";
import { type RefusalCode, RefusalError } from "../../agent/refusal.js";
import { spkiPin } from "../../cluster/spki-pin.js";
import { checkEntry, readModelId } from "../../register/entry-schema.js";
import type { Logger } from "../../runtime/logger.js";
import type { NodeAgentHandlers } from "./generated/exoctl/agent/v1/NodeAgent.js";
import { leaseTermKey, protocolVersionKey, reasonKey } from "./node-agent-definition.js";
import { outcomeMessage, registryReportMessage } from "./registry-messages.js";
import { exoReportMessage, nodeReportMessage } from "./report-messages.js";

const statusOf: Readonly<Record<RefusalCode, status>> = {
  stale_term: status.FAILED_PRECONDITION,
  other_controller: status.PERMISSION_DENIED,
  invalid: status.INVALID_ARGUMENT,
  not_possible: status.FAILED_PRECONDITION,
};

/** Whether a public key, given as pin, belongs to a controller that this agent answers. Asked on every call. */
export type IsTrusted = (pin: string) => boolean;

interface ServiceParts {
  readonly agent: NodeAgent;
  readonly isTrusted: IsTrusted;
  readonly logger: Logger;
}

type AnyCall = ServerUnaryCall<unknown, unknown>;

const wholeNumber = /^\d{1,15}$/;

/** A number from metadata; undefined when it is missing, repeated or no whole number. */
function numberIn(metadata: Metadata, key: string): number | undefined {
  const [value, ...more] = metadata.get(key);
  return more.length === 0 && typeof value === "string" && wholeNumber.test(value) ? Number(value) : undefined;
}

function callerOf(call: AnyCall, isTrusted: IsTrusted): Caller {
  // Empty unless TLS has verified the certificate of the other end against the ones we trust.
  const certificate = call.getAuthContext().sslPeerCertificate;
  const pin = certificate === undefined ? undefined : spkiPin(new X509Certificate(certificate.raw));
  if (pin === undefined || !isTrusted(pin)) {
    throw new RefusalError("other_controller", "this agent is enrolled with another controller");
  }
  const { metadata } = call;
  return { pin, term: numberIn(metadata, leaseTermKey), protocolVersion: numberIn(metadata, protocolVersionKey) };
}

function refusalOf(error: unknown, logger: Logger): { code: status; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  if (error instanceof RefusalError) {
    metadata.set(reasonKey, error.code);
    logger.info("refused a call", { reason: error.code, message: error.message });
    return { code: statusOf[error.code], details: error.message, metadata };
  }
  // Details of faults stay in the agent's own log.
  logger.error("a call failed", { error });
  return { code: status.INTERNAL, details: "the agent failed; its log says why", metadata };
}

/** Aborts when the caller has gone away or its deadline has passed. */
function signalOf(call: AnyCall): AbortSignal {
  const controller = new AbortController();
  call.on("cancelled", () => controller.abort(new Error("the caller has cancelled")));
  if (call.cancelled) controller.abort(new Error("the caller has cancelled"));
  return controller.signal;
}

const termSchema = z.object({ term: z.number().int().min(1) });

function readTerm(request: unknown): number {
  const parsed = termSchema.safeParse(request);
  if (!parsed.success) throw new RefusalError("invalid", "term: expected a whole number above 0");
  return parsed.data.term;
}

function readEntry(request: { readonly entry: unknown }) {
  const checked = checkEntry(request.entry);
  if (checked.kind === "entry") return checked.entry;
  throw new RefusalError("invalid", checked.problems.join("; "));
}

function readId(request: { readonly modelId: unknown }) {
  const id = readModelId(request.modelId);
  if (id === undefined) throw new RefusalError("invalid", "modelId: expected a model id such as owner/name");
  return id;
}

/** The agent's calls as gRPC handlers: proves the caller, checks every field, and turns each no into a status. */
export function createAgentService({ agent, isTrusted, logger }: ServiceParts): NodeAgentHandlers {
  const answer =
    <Q, A>(work: (request: Q, caller: Caller, signal: AbortSignal) => Promise<A>) =>
    (call: ServerUnaryCall<Q, A>, respond: sendUnaryData<A>): void => {
      const run = async (): Promise<A> =>
        await work(call.request, callerOf(call as AnyCall, isTrusted), signalOf(call as AnyCall));
      run().then(
        (message) => respond(null, message),
        (error: unknown) => respond(refusalOf(error, logger)),
      );
    };
  return {
    Describe: answer(async (_request, _caller, signal) => nodeReportMessage(await agent.describe(signal))),
    ExoStatus: answer(async (_request, _caller, signal) => exoReportMessage(await agent.exoStatus(signal))),
    DescribeRegistry: answer(async () => registryReportMessage(await agent.describeRegistry())),
    TakeLease: answer(async (request, caller) => agent.takeLease(caller, readTerm(request))),
    EnsureEntry: answer(async (request, caller, signal) =>
      outcomeMessage(await agent.ensureEntry(caller, readEntry(request), signal)),
    ),
    RemoveEntry: answer(async (request, caller) => ({
      removed: (await agent.removeEntry(caller, readId(request))) === "removed",
    })),
    StartExo: answer(async (_request, caller, signal) => exoReportMessage(await agent.startExo(caller, signal))),
    StopExo: answer(async (_request, caller, signal) => exoReportMessage(await agent.stopExo(caller, signal))),
  };
}
