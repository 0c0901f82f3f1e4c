import type { AgentId } from "../cluster/names.js";
import type { NodeReport } from "../cluster/node-report.js";
import type { Observed } from "../cluster/observed.js";
import type { HostPort } from "../config/host-port.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { Clock } from "../runtime/clock.js";
import { type Close, closeAll } from "../runtime/close-all.js";
import type { Logger } from "../runtime/logger.js";
import { createAskAround } from "./ask-around.js";
import { type DialDeps, dialMember } from "./dial-member.js";
import { isWaiting, type Member } from "./state-store.js";

/** One enrolled node as the controller sees it now. */
export interface FleetNode {
  readonly member: Member;
  /** The newest answer, however old. Absent until the first one. */
  readonly report?: Observed<NodeReport>;
  /** Where it answered last. */
  readonly address?: HostPort;
  /** Present while it answers. */
  readonly link?: AgentLink;
  /** Why the last attempt failed. */
  readonly trouble?: string;
}

/** The controller's connections to its enrolled agents. */
export interface Fleet {
  nodes(): readonly FleetNode[];
  /**
   * Asks every agent once, all at the same time. One that is slow, or did not answer the last time, delays nobody: its answer
   * shows when it comes. Rejects only on abort.
   */
  refresh(signal: AbortSignal): Promise<void>;
  /** Closes the connections to agents that are no longer members, at once and with the calls on them. */
  forgetRemoved(): Promise<void>;
  close: Close;
}

export interface FleetDeps extends DialDeps {
  readonly members: () => readonly Member[];
  /** Called each time an agent has proven its key at an address. */
  readonly verified: (agent: AgentId, address: HostPort) => void;
  /** Called when an agent answered at an address that is not the remembered one. */
  readonly remember: (agent: AgentId, address: HostPort) => Promise<void>;
  /** Brings an agent that has answered to the controller's newest key; see `KeyRotation`. */
  readonly rotate?: (member: Member, link: AgentLink, signal: AbortSignal) => Promise<"dial-again" | "done">;
  /** This controller's lease term. */
  readonly term: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Keeps one connection to each member, renews the lease with each round, and finds a member again that has moved. */
export function createFleet(deps: FleetDeps): Fleet {
  const nodes = new Map<AgentId, FleetNode>();
  const memberOf = (id: AgentId): Member | undefined => deps.members().find(({ agentId }) => agentId === id);
  const agents = createAskAround<AgentId>(async (id, signal) => {
    const member = memberOf(id);
    if (member === undefined) return;
    const before = nodes.get(id);
    // Whoever enrolled again with another key is somebody to get to know anew; to whom we show another key, we show it on a new
    // connection.
    if (before !== undefined && !isSameKeys(before.member, member)) await before.link?.close();
    const node = await askMember(deps, member, knownBefore(member, before), signal);
    // It may have been removed meanwhile, or everything is closing.
    if (signal.aborted || memberOf(id) === undefined) await node.link?.close();
    else {
      nodes.set(id, node);
      await proveNewKey(node, signal);
    }
    if (node.trouble !== undefined) throw new Error(node.trouble);
  }, deps.clock);
  /** Tells a node of a new key where there is one, and goes on with a connection by that key in the place of this one. */
  const proveNewKey = async (node: FleetNode, signal: AbortSignal): Promise<void> => {
    if (node.link === undefined || (await rotated(deps, node, node.link, signal)) === "done") return;
    const now = memberOf(node.member.agentId);
    // Removed meanwhile, its connection is closed already.
    if (now === undefined) return;
    const next = await askMember(deps, now, knownBefore(now, node), signal);
    if (memberOf(now.agentId) === undefined) await next.link?.close();
    else nodes.set(now.agentId, next);
    await node.link.close();
  };
  return {
    nodes: () => deps.members().map((member) => ({ ...ofThisKey(member, nodes.get(member.agentId)), member })),
    refresh: async (signal) => {
      const ids = deps.members().map((member) => member.agentId);
      await forgetOthers(nodes, new Set(ids));
      await agents.round(ids, signal);
    },
    forgetRemoved: () => forgetOthers(nodes, new Set(deps.members().map((member) => member.agentId))),
    close: async () => {
      await agents.close();
      const closers = [...nodes.values()].map(closer);
      nodes.clear();
      await closeAll(closers)();
    },
  };
}

const ofThisKey = (member: Member, known: FleetNode | undefined): FleetNode | undefined =>
  known?.member.pin === member.pin ? known : undefined;

const isSameKeys = (one: Member, other: Member): boolean =>
  one.pin === other.pin && one.controllerPin === other.controllerPin;

/** What is known of a member, without a link that was made with another key of ours. */
function knownBefore(member: Member, known: FleetNode | undefined): FleetNode | undefined {
  if (known === undefined || known.member.pin !== member.pin) return undefined;
  if (isSameKeys(known.member, member)) return known;
  const { link: _closed, ...rest } = known;
  return rest;
}

/** A node that can't be told of a new key goes on with the one before; the next round tries again. */
async function rotated(
  deps: FleetDeps,
  { member }: FleetNode,
  link: AgentLink,
  signal: AbortSignal,
): Promise<"dial-again" | "done"> {
  try {
    return (await deps.rotate?.(member, link, signal)) ?? "done";
  } catch (error) {
    signal.throwIfAborted();
    deps.logger.warn("a node could not be told the controller's new key", { node: member.name, error });
    return "done";
  }
}

const closer =
  (node: FleetNode): Close =>
  async () =>
    node.link?.close();

async function forgetOthers(nodes: Map<AgentId, FleetNode>, wanted: ReadonlySet<AgentId>): Promise<void> {
  for (const [id, node] of nodes) {
    if (wanted.has(id)) continue;
    nodes.delete(id);
    await node.link?.close();
  }
}

/** The lease comes first: an address where nobody is takes much less time to refuse it than to describe itself. */
async function askMember(
  deps: FleetDeps,
  member: Member,
  before: FleetNode | undefined,
  signal: AbortSignal,
): Promise<FleetNode> {
  const { link: open, trouble: _old, ...known }: Partial<FleetNode> = before ?? {};
  const attempts =
    open === undefined || known.address === undefined
      ? dialMember(deps, member)
      : [{ link: open, address: known.address, as: member }];
  let trouble = "its address is not known: no mDNS advertisement and no static host leads to it";
  for (const { link, address, as } of attempts) {
    try {
      if (!isWaiting(member)) await link.takeLease(deps.term, signal);
      const report = await link.describe(signal);
      if (report.agentId !== member.agentId) throw new Error("another agent answered at its address");
      deps.verified(member.agentId, address);
      await rememberAddress(deps, member, address);
      const answered = { member: as, address, report: { value: report, at: deps.clock.now(), from: "agent" } } as const;
      if (!isWaiting(member)) return { ...answered, link };
      // Without a link nothing can be done with it.
      await link.close();
      return answered;
    } catch (error) {
      await link.close();
      signal.throwIfAborted();
      trouble = error instanceof Error ? error.message : String(error);
    }
  }
  if (before?.trouble !== trouble) deps.logger.warn("agent does not answer", { node: member.name, trouble });
  return { ...known, member, trouble };
}

async function rememberAddress(deps: FleetDeps, member: Member, address: HostPort): Promise<void> {
  const { lastAddress } = member;
  if (lastAddress?.host === address.host && lastAddress.port === address.port) return;
  try {
    await deps.remember(member.agentId, address);
  } catch (error) {
    // A full disk is no reason to lose an agent that answers.
    deps.logger.warn("the address of an agent could not be stored", { node: member.name, error });
  }
}
