import type { AgentId } from "../cluster/names.js";
import type { HostPort } from "../config/host-port.js";
import type { AgentLink } from "../inventory/agent-link.js";
import type { Member } from "./state-store.js";

/** What is needed to find a member again. */
export interface DialDeps {
  /** Where this agent may be, best guess first: hints, never trusted before its key has been checked. */
  readonly hints: (agent: AgentId) => readonly HostPort[];
  readonly dial: (member: Member, address: HostPort) => AgentLink;
  /** The same member by other keys of this controller, to be tried where it does not know the one that it should. */
  readonly otherwise?: (member: Member) => readonly Member[];
}

/** A link that may lead to a member. */
export interface Attempt {
  readonly link: AgentLink;
  readonly address: HostPort;
  /** The member by the key that is shown to it. */
  readonly as: Member;
}

/** Links open lazily, one after the other: the generator dials the next address only when the one before has failed. */
export function* dialMember(deps: DialDeps, member: Member): Generator<Attempt> {
  const last = member.lastAddress === undefined ? [] : [member.lastAddress];
  const addresses = new Map(
    [...deps.hints(member.agentId), ...last].map((address) => [`${address.host} ${address.port}`, address]),
  );
  for (const as of [member, ...(deps.otherwise?.(member) ?? [])])
    for (const address of addresses.values()) yield { link: deps.dial(as, address), address, as };
}
