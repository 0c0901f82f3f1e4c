import { type ServiceError, status } from "@grpc/grpc-js";
import { AgentRefusedError, AgentUnreachableError } from "../../inventory/agent-link.js";
import { reasonKey } from "./agent-definitions.js";

const reasons = ["stale_term", "other_controller", "invalid", "not_possible"] as const;

/** The agent's own reason, when it said no in so many words. */
const reasonOf = (error: ServiceError): AgentRefusedError["code"] | undefined =>
  reasons.find((reason) => error.metadata?.get(reasonKey).includes(reason));

/** What a failed call means for its caller. Only codes decide; texts are for people. */
export function agentErrorOf(error: ServiceError, address: string): AgentRefusedError | AgentUnreachableError {
  const options = { cause: error };
  const reason = reasonOf(error);
  if (reason !== undefined) return new AgentRefusedError(reason, error.details, options);
  switch (error.code) {
    case status.UNIMPLEMENTED:
      return new AgentRefusedError("not_possible", `the agent at ${address} is too old for this call`, options);
    case status.RESOURCE_EXHAUSTED:
      return new AgentRefusedError("invalid", `the agent at ${address} refused a message of this size`, options);
    case status.INTERNAL:
      return new AgentRefusedError("not_possible", `the agent at ${address} failed; its log says why`, options);
    default:
      return new AgentUnreachableError("agent_unreachable", `the agent at ${address} cannot be reached`, options);
  }
}

/** gRPC's own error, as opposed to the timeout of a signal. */
export const isServiceError = (error: unknown): error is ServiceError =>
  error instanceof Error && "code" in error && typeof error.code === "number" && "metadata" in error;

/** The deadline has passed. */
export const unansweredError = (address: string, cause: unknown): AgentUnreachableError =>
  new AgentUnreachableError("agent_unreachable", `the agent at ${address} did not answer in time`, { cause });

/** The agent answered, with something that its contract does not allow. */
export const brokenAnswerError = (address: string, cause: unknown): AgentRefusedError =>
  new AgentRefusedError("not_possible", `the agent at ${address} answered outside of its contract`, { cause });
