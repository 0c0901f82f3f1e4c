import type { AgentLink } from "../../inventory/agent-link.js";
import type { Logger } from "../../runtime/logger.js";
import { isWaiting, type Member, type StateStore } from "../state-store.js";
import { keyForMember, type OwnKeys } from "./own-keys.js";

/** How far a member is with the controller's newest key. */
export type KeyStanding =
  /** It answers this key and no other. */
  | "current"
  /** It has been told, and still answers the one before as well. */
  | "announced"
  /** It knows an older one only. */
  | "older";

/** A change of the controller's key, member by member. It goes on with every round of asking, also after a restart. */
export interface KeyRotation {
  /**
   * Makes a new key, unless one is still being rolled out. Open join tokens lose their worth with it: they name the key before.
   *
   * @returns `goes-on` when an earlier change is not complete yet
   */
  start(): Promise<"started" | "goes-on">;
  standingOf(member: Member): KeyStanding;
  /** Members that do not answer the newest key alone yet. */
  behind(): readonly Member[];
  /**
   * Brings a member on by one step, over a link on which it has just answered.
   *
   * @returns `dial-again` when the next step is to be made with the new key
   */
  advance(member: Member, link: Pick<AgentLink, "controllerKey">, signal: AbortSignal): Promise<"dial-again" | "done">;
  /**
   * A member that was told the newest key, by the keys before it: a machine that lost its power right then may not have kept what it
   * was told.
   */
  otherwise(member: Member): readonly Member[];
  /** Destroys the older keys once no member needs them. */
  settle(): Promise<void>;
}

export function createKeyRotation(parts: {
  readonly keys: OwnKeys;
  readonly store: StateStore;
  readonly logger: Logger;
}): KeyRotation {
  const { keys, store, logger } = parts;
  const standingOf = (member: Member): KeyStanding => {
    if (keyForMember(keys, member).pin !== keys.current().pin) return "older";
    return member.olderKeys === "answered" ? "announced" : "current";
  };
  const behind = (): readonly Member[] => store.members().filter((member) => standingOf(member) !== "current");
  const settle = async (): Promise<void> => {
    if (keys.older().length === 0 || behind().length > 0) return;
    await keys.dropOlder();
    logger.info("the controller's key is changed; the one before is destroyed", { pin: keys.current().pin });
  };
  return {
    standingOf,
    behind,
    settle,
    otherwise: (member) =>
      member.olderKeys === "answered" ? keys.older().map(({ pin }) => ({ ...member, controllerPin: pin })) : [],
    start: async () => {
      await settle();
      if (keys.older().length > 0) return "goes-on";
      const { pin } = keys.current();
      // From now on a member without it would be one that enrolled before this was written down.
      for (const { agentId, controllerPin } of store.members())
        if (controllerPin === undefined) await store.changeMember(agentId, { controllerPin: pin });
      for (const { id, usedAt } of store.tokens()) if (usedAt === undefined) await store.removeToken(id);
      await keys.renew();
      logger.warn("the controller has a new key", { pin: keys.current().pin, before: pin });
      await settle();
      return "started";
    },
    advance: async (member, link, signal) => {
      const { agentId, name } = member;
      const { pin, certificatePem } = keys.current();
      switch (standingOf(member)) {
        case "current":
          return "done";
        case "older":
          await link.controllerKey.announce(certificatePem, signal);
          await store.changeMember(agentId, { controllerPin: pin, olderKeys: "answered" });
          logger.info("a node was told the controller's new key", { node: name });
          return "dial-again";
        case "announced":
          await link.controllerKey.confirm(signal);
          await store.changeMember(agentId, { olderKeys: "refused" });
          logger.info("a node answers the controller's new key alone", { node: name });
          await settle();
          return "done";
      }
    },
  };
}

/** Why a member is behind, as far as that is not simply the next round's work. */
export const whyBehind = (member: Member, trouble: string | undefined): string =>
  isWaiting(member) ? "nobody has approved it yet" : (trouble ?? "it has not answered yet");
