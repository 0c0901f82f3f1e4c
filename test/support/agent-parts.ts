import { type Authority, createAuthority } from "../../src/agent/authority.js";
import { type ClassicRegistry, createClassicRegistry } from "../../src/agent/classic-registry.js";
import { createDescribeExo } from "../../src/agent/describe-exo.js";
import { createDescribeMachine } from "../../src/agent/describe-node.js";
import type { ExoApi } from "../../src/agent/exo-api.js";
import { createExoSupervisor } from "../../src/agent/exo-supervisor.js";
import { createNodeAgent, type NodeAgent } from "../../src/agent/node-agent.js";
import { agentId, exoNodeId, nodeName } from "../../src/cluster/names.js";
import type { RegistryFiles } from "../../src/register/registry-files.js";
import { silentLogger } from "../../src/runtime/logger.js";
import { createFakeProcessHost, exoProgram, type FakeProcessHost } from "./agent-fake-programs.js";
import { createManualClock, type ManualClock } from "./agent-manual-clock.js";
import { createFakeProbe } from "./agent-probe-outputs.js";
import { createMemoryPlaced } from "./memory-placed.js";
import { variants } from "./registry-entries.js";

export interface FakeExo {
  /** Whether an exo answers although no program of ours runs. */
  foreign: boolean;
  /** Whether the exo of ours answers while its program runs. */
  answering: boolean;
  /** Whether an exo 0.0.x answers. */
  classic: boolean;
}

export interface AgentParts {
  readonly agent: NodeAgent;
  readonly classicRegistry: ClassicRegistry;
  readonly authority: Authority;
  readonly clock: ManualClock;
  readonly host: FakeProcessHost;
  readonly exo: FakeExo;
}

export const testAgentId = "0a0b0c0d-1111-4222-8333-444455556666";

/** An agent with fakes for everything outside it but the registry. */
export function createTestAgent(registry: RegistryFiles, managed: "managed" | "observed" = "managed"): AgentParts {
  const clock = createManualClock();
  const host = createFakeProcessHost();
  const exo: FakeExo = { foreign: false, answering: true, classic: false };
  const supervisor =
    managed === "managed" ? createExoSupervisor({ program: exoProgram, host, clock, logger: silentLogger }) : undefined;
  const nodeIdNow = () => {
    if (exo.foreign) return exoNodeId("foreign-exo");
    return exo.answering && supervisor?.status().state === "up" ? exoNodeId(`exo-${host.programs.length}`) : undefined;
  };
  const api: ExoApi = {
    nodeId: async () => nodeIdNow(),
    classicAnswers: async () => exo.classic,
    variant: async () => (nodeIdNow() === undefined ? undefined : variants["1.0.71"]),
  };
  const vocabulary = { env: {}, report: async () => ({ state: "ready", note: "/vocabulary" }) as const };
  const authority = createAuthority(clock, silentLogger);
  const agent = createNodeAgent({
    agentId: agentId(testAgentId),
    name: () => nodeName("studio-1"),
    agentVersion: "0.1.0",
    machine: "simulated",
    describeMachine: createDescribeMachine(createFakeProbe(), clock),
    describeExo: createDescribeExo({ api, apiPort: 52_415, generation: "unknown", supervisor, vocabulary }),
    supervisor,
    registry,
    placed: createMemoryPlaced(),
    authority,
  });
  const classicRegistry = createClassicRegistry({ open: undefined, publishers: [], authority });
  return { agent, classicRegistry, authority, clock, host, exo };
}
