/** A link that lets one browser in, once. It is a secret. */
export interface OpenLink {
  readonly url: string;
  /** Milliseconds since the Unix epoch. */
  readonly expiresAt: number;
}

/** A browser that was let in. */
export interface ListedSession {
  /** Not secret. */
  readonly id: string;
  /** Who made the link. */
  readonly user: string;
  /** Milliseconds since the Unix epoch. */
  readonly begunAt: number;
  readonly usedAt: number;
  /** When it ends at the latest; earlier when it is not used. */
  readonly endsAt: number;
}

/** Browsers on the admin port. */
export interface SessionsApi {
  /** @throws Problem `no_admin_port` (usage) when there is none */
  createOpenLink(request: { readonly by: string }): Promise<OpenLink>;
  listSessions(): readonly ListedSession[];
  /** Ends one, or all and the links that nobody has used yet. @throws Problem `unknown_session` (usage) */
  endSessions(request: { readonly id?: string }): Promise<{ readonly ended: number }>;
}
