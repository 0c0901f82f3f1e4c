import { type AgentServer, type AgentServerSettings, openAgentServer } from "../adapters/grpc/agent-server.js";
import { Problem } from "../runtime/problem.js";

/** Serves an agent's calls. @throws Problem `agent_listen` when the port can't be used */
export async function serveAgent(settings: AgentServerSettings): Promise<AgentServer> {
  try {
    return await openAgentServer(settings);
  } catch (error) {
    throw new Problem(
      "failed",
      "agent_listen",
      `The agent can't listen on ${settings.host}:${settings.port}`,
      "Another program, perhaps another agent, may have that port: choose a free one, or 0 for any.",
      { cause: error },
    );
  }
}
