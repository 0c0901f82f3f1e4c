import type { TrustedController } from "../adapters/grpc/agent-server.js";
import type { TrustedKey } from "../agent/controller-key.js";
import type { AgentId } from "../cluster/names.js";
import type { Logger } from "../runtime/logger.js";

/** What an agent announces of itself. */
export interface AgentFacts {
  readonly agentId: AgentId;
  /** TCP port of its service. */
  readonly port: number;
  /** Pin of its public key. */
  readonly pin: string;
}

/** The controller that an agent has enrolled with. */
export interface EnrolledController extends TrustedController {
  /** A further key that it has announced. */
  readonly announced?: TrustedController;
  /** What the controller calls this node; without it the name of the settings stays. */
  readonly name?: string;
  /** `waiting`: somebody has to approve this agent on the controller first. */
  readonly standing?: "member" | "waiting";
}

/** Enrols this agent; rejects when that can't succeed any more. Runs while the agent is up, until the signal aborts. */
export type Enrol = (facts: AgentFacts, signal: AbortSignal) => Promise<EnrolledController>;

export type EnrolmentOutcome =
  | { readonly kind: "enrolled"; readonly standing: "member" | "waiting" }
  | { readonly kind: "closed" }
  | { readonly kind: "failed"; readonly error: unknown };

/** The keys by which an agent answers its controller. */
export const keysOf = ({ certificatePem, announced }: EnrolledController): readonly TrustedKey[] =>
  announced === undefined ? [{ certificatePem }] : [{ certificatePem }, announced];

/** Waits for the enrolment and then answers that controller. */
export async function enrolWith(
  enrol: Enrol,
  facts: AgentFacts,
  signal: AbortSignal,
  accept: (controller: EnrolledController) => void,
  logger: Logger,
): Promise<EnrolmentOutcome> {
  try {
    const enrolled = await enrol(facts, signal);
    accept(enrolled);
    logger.info("enrolled");
    return { kind: "enrolled", standing: enrolled.standing ?? "member" };
  } catch (error) {
    if (signal.aborted) return { kind: "closed" };
    logger.error("enrolment failed", { error });
    return { kind: "failed", error };
  }
}
