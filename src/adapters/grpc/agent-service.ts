import { z } from "zod";
import type { NodeAgent } from "../../agent/node-agent.js";
import { RefusalError } from "../../agent/refusal.js";
import { checkEntry, readModelId } from "../../register/entry-schema.js";
import type { NodeAgentHandlers } from "./generated/exoctl/agent/v1/NodeAgent.js";
import { outcomeMessage } from "./registry-messages.js";
import { registryReportMessage } from "./registry-report-message.js";
import { exoReportMessage, nodeReportMessage } from "./report-messages.js";
import { answerOnce, type CallFrame } from "./serve-calls.js";

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

/** The calls of proto/node_agent.proto as gRPC handlers: every field is checked before it means anything. */
export function createAgentService(agent: NodeAgent, frame: CallFrame): NodeAgentHandlers {
  const answer = answerOnce(frame);
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
