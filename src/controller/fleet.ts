import type { AgentId } from "../cluster/names.js";
import type { NodeReport } from "../cluster/node-report.js";
import type { Observed } from "../cluster/observed.js";
import type { HostPort } from "../config/host-port.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import type { Member } from "./state-store.js";

/** One enrolled node as the controller sees it now. */
export interface FleetNode {
  readonly member: Member;
  /** The newest answer, however old. Absent until the first one. */
  readonly report?: Observed<NodeReport>;
  /** Where it answered. */
  readonly address?: HostPort;
  /** Present while it answers. */
  readonly link?: AgentLink;
  /** Why the last attempt failed. */
  readonly trouble?: string;
}

/** The controller's connections to its enrolled agents. */
export interface Fleet {
  nodes(): readonly FleetNode[];
  /** Asks every agent once, all at the same time, so that a slow one delays nobody else's answer. Never rejects but on abort. */
  refresh(signal: AbortSignal): Promise<void>;
  close: Close;
}

export interface FleetDeps {
  readonly members: () => readonly Member[];
  /** Where this agent may be, best guess first: hints, never trusted before its key has been checked. */
  readonly hints: (agent: AgentId) => readonly HostPort[];
  readonly dial: (member: Member, address: HostPort) => AgentLink;
  /** Called each time an agent has proven its key at an address. */
  readonly verified: (agent: AgentId, address: HostPort) => void;
  /** Called when an agent answered at an address that is not the remembered one. */
  readonly remember: (agent: AgentId, address: HostPort) => Promise<void>;
  /** This controller's lease term. */
  readonly term: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps one connection to each member, renews the lease with each round, and finds a member again that has moved. */
export function createFleet(deps: FleetDeps): Fleet {
  const nodes = new Map<AgentId, FleetNode>();
  return {
    nodes: () => deps.members().map((member) => ({ ...nodes.get(member.agentId), member })),
    refresh: async (signal) => {
      const members = deps.members();
      await forgetOthers(nodes, members);
      await Promise.all(
        members.map(async (member) => {
          nodes.set(member.agentId, await askMember(deps, member, nodes.get(member.agentId), signal));
        }),
      );
    },
    close: async () => {
      const closers = [...nodes.values()].map(closer);
      nodes.clear();
      await closeAll(closers)();
    },
  };
}

const closer =
  (node: FleetNode): Close =>
  async () =>
    node.link?.close();

async function forgetOthers(nodes: Map<AgentId, FleetNode>, members: readonly Member[]): Promise<void> {
  const wanted = new Set(members.map((member) => member.agentId));
  for (const [id, node] of nodes) {
    if (wanted.has(id)) continue;
    nodes.delete(id);
    await node.link?.close();
  }
}

async function askMember(
  deps: FleetDeps,
  member: Member,
  before: FleetNode | undefined,
  signal: AbortSignal,
): Promise<FleetNode> {
  const known = before?.report === undefined ? {} : { report: before.report };
  const attempts =
    before?.link === undefined || before.address === undefined
      ? dialAll(deps, member)
      : [{ link: before.link, address: before.address }];
  let trouble = "its address is not known: no mDNS advertisement and no static host leads to it";
  for (const { link, address } of attempts) {
    try {
      const report = await link.describe(signal);
      if (report.agentId !== member.agentId) throw new Error("another agent answered at its address");
      await link.takeLease(deps.term, signal);
      deps.verified(member.agentId, address);
      await rememberAddress(deps, member, address);
      return { member, address, link, report: { value: report, at: deps.clock.now(), from: "agent" } };
    } catch (error) {
      await link.close();
      signal.throwIfAborted();
      trouble = error instanceof Error ? error.message : String(error);
    }
  }
  if (before?.trouble !== trouble) deps.logger.warn("agent does not answer", { node: member.name, trouble });
  return { member, ...known, trouble };
}

async function rememberAddress(deps: FleetDeps, member: Member, address: HostPort): Promise<void> {
  const { lastAddress } = member;
  if (lastAddress?.host === address.host && lastAddress.port === address.port) return;
  await deps.remember(member.agentId, address);
}

/** Links open lazily, one after the other: the generator dials the next address only when the one before has failed. */
function* dialAll(deps: FleetDeps, member: Member): Generator<{ link: AgentLink; address: HostPort }> {
  const tried = new Set<string>();
  const last = member.lastAddress === undefined ? [] : [member.lastAddress];
  for (const address of [...deps.hints(member.agentId), ...last]) {
    const key = `${address.host} ${address.port}`;
    if (tried.has(key)) continue;
    tried.add(key);
    yield { link: deps.dial(member, address), address };
  }
}
