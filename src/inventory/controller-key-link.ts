/** How an agent is told of a new key of its controller. Rejects as the rest of `AgentLink`. */
export interface ControllerKeyLink {
  /**
   * From now on the agent answers this key as well as the one of this link.
   *
   * @param certificatePem of the new key, signed by itself
   */
  announce(certificatePem: string, signal: AbortSignal): Promise<void>;
  /** From now on the agent answers the key of this link and no other. */
  confirm(signal: AbortSignal): Promise<void>;
}
