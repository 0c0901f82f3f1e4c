import type { EnrolmentRefusal } from "../../controller/enrolment.js";
import { Problem } from "../../runtime/problem.js";

const newToken = "Make a new one on the controller: exoctl token create";

const sentences: Readonly<Record<EnrolmentRefusal, readonly [message: string, hint: string]>> = {
  token_refused: ["The controller does not accept this join token", newToken],
  token_used: ["This join token has been used before", newToken],
  token_expired: ["This join token has expired", newToken],
  token_for_other_node: [
    "This join token was made for another node's name",
    "Make one without a name, or with the name this node has: exoctl token create --for NAME",
  ],
  name_taken: [
    "Another node of the cluster already has this name",
    "Give this machine another name, or make a token with a name: exoctl token create --for NAME",
  ],
  key_taken: [
    "Another node of the cluster already has this agent's key",
    "If this machine was copied from that node, remove the agent's state folder here and enrol again.",
  ],
  too_many_attempts: ["There were too many failed enrolments from this address", "Wait a minute and try again."],
};

const isRefusal = (code: string): code is EnrolmentRefusal => Object.hasOwn(sentences, code);

/** The controller's no, as a person reads it. The wording is ours: a controller sends a code, never text for a terminal. */
export function refusalProblem(code: string): Problem {
  if (!isRefusal(code))
    return new Problem("failed", "enrolment_refused", "The controller refused the enrolment", newToken);
  const [message, hint] = sentences[code];
  return new Problem("failed", code, message, hint);
}
