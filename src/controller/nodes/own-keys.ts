/** A key of this controller, as others know it. */
export interface OwnKey {
  /** base64url SHA-256 of the public key. */
  readonly pin: string;
  readonly certificatePem: string;
}

/** The keys of this controller. Changes are durable when they resolve. */
export interface OwnKeys {
  /** What new agents and tokens are given. */
  current(): OwnKey;
  /** Those before it, newest first, as long as a member may know no other. */
  older(): readonly OwnKey[];
  /** Makes a new key the current one; the others become older ones. */
  renew(): Promise<void>;
  /** Destroys the older ones. */
  dropOlder(): Promise<void>;
}

/** The key by which a member knows this controller: a member from before the first change knows the oldest. */
export function keyForMember<K extends OwnKey>(
  keys: { readonly current: () => K; readonly older: () => readonly K[] },
  member: { readonly controllerPin?: string },
): K {
  const all = [keys.current(), ...keys.older()];
  if (member.controllerPin === undefined) return all.at(-1) ?? keys.current();
  return all.find(({ pin }) => pin === member.controllerPin) ?? keys.current();
}
