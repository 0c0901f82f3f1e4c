import type { NodeReport } from "../cluster/node-report.js";
import { protocolVersion } from "../cluster/node-report.js";
import { isFresh } from "../cluster/observed.js";
import { type AgentFacts, type ExoView, isCurrentView, maxFactAgeMs } from "./exo-view.js";
import type { InventoryNode } from "./inventory.js";

/** The view of the exo on this agent's machine: by address, or by the node id that the agent was told. */
export function viewOfAgent(agent: AgentFacts, views: readonly ExoView[]): ExoView | undefined {
  const { apiPort, nodeId } = agent.report.value.exo;
  return (
    views.find(({ address }) => address.host === agent.host && address.port === apiPort) ??
    views.find((view) => nodeId !== undefined && view.nodeId === nodeId)
  );
}

/** An enrolled node with what its own exo says. `others`: what only the whole cluster can tell of it. */
export function agentNode(
  agent: AgentFacts,
  view: ExoView | undefined,
  cordoned: boolean,
  others: { readonly reasons: readonly string[]; readonly apart: boolean },
  now: number,
): InventoryNode {
  const { value: report, at, from } = agent.report;
  const current = view !== undefined && isCurrentView(view, now) ? view : undefined;
  const nodeId = current?.nodeId ?? report.exo.nodeId;
  const variant = current === undefined ? report.exo.variant : current.variant;
  return {
    name: agent.name,
    agentId: report.agentId,
    simulated: report.simulated,
    cordoned,
    hardware: { value: report.hardware, at, from },
    memory: { value: report.memory, at, from },
    exo: {
      value: {
        state: report.exo.state,
        ...(nodeId === undefined ? {} : { nodeId }),
        ...(variant === undefined ? {} : { variant }),
        ...(current === undefined ? {} : { address: current.address }),
        ...(others.apart ? { apart: true } : {}),
      },
      ...(current === undefined ? { at, from } : { at: current.observation.at, from: current.observation.from }),
    },
    notReady: [...agentReasons(agent, now), ...exoReasons(report, agent, current), ...others.reasons],
  };
}

/** Why an agent's word counts for nothing now. */
export function agentReasons(agent: AgentFacts, now: number): string[] {
  const { report, trouble } = agent;
  if (!isFresh(report, now, maxFactAgeMs)) {
    const silentSec = Math.round((now - report.at) / 1000);
    return [`its agent has not answered for ${silentSec} s${trouble === undefined ? "" : `: ${trouble}`}`];
  }
  if (report.value.protocolVersion === protocolVersion) return [];
  return [
    `its agent speaks version ${report.value.protocolVersion} of the protocol, this controller ${protocolVersion}`,
  ];
}

function exoReasons(report: NodeReport, agent: AgentFacts, view: ExoView | undefined): string[] {
  const { state, generation, problem, apiPort } = report.exo;
  const because = problem === undefined ? "" : `: ${problem}`;
  if (state === "stopped") return [`exo is not running on it${because}`];
  if (state === "starting") return [`exo is still starting on it${because}`];
  if (state === "failed") return [`exo failed on it${because}`];
  if (generation === "classic") return ["it runs exo 0.0.x, which takes no explicit placement"];
  if (view === undefined) return [`exo's API at ${agent.host ?? "an unknown address"}:${apiPort} does not answer`];
  return olderExoReasons(view);
}

/** Why an exo that answers can't be driven. */
export function olderExoReasons(view: ExoView): string[] {
  const { observeOnly } = view.observation.value;
  if (observeOnly !== undefined) return [observeOnly];
  return view.variant === undefined
    ? ["its exo is older than 1.0.68: it is only watched, no layers can be placed on it. Install exo 1.0.68 or newer"]
    : [];
}
