/** How many connections there may be at once. */
export interface ConnectionLimits {
  readonly total: number;
  readonly perSource: number;
}

/** More agents than enrol at the same moment anywhere, behind one address or many. */
export const defaultConnectionLimits: ConnectionLimits = { total: 256, perSource: 64 };

/** What is bounded: anything that can be closed. */
interface Connection {
  destroy(): void;
}

/** The connections that are open, bounded in all and for each source. */
export interface OpenConnections {
  /** Takes one more in, and closes another one where that is too many. */
  add(source: string, connection: Connection): void;
  remove(source: string, connection: Connection): void;
  closeAll(): void;
}

/**
 * Connections that are held open without end must not keep out those that are quick. So the newest always gets in, and it is the
 * oldest that makes room: of the same source where that one has too many, else of the source that has most. Whoever enrols is done
 * within a moment; whoever stalls loses its own connections first.
 */
export function createOpenConnections(limits: ConnectionLimits = defaultConnectionLimits): OpenConnections {
  const bySource = new Map<string, Set<Connection>>();
  const remove = (source: string, connection: Connection): void => {
    const own = bySource.get(source);
    own?.delete(connection);
    if (own?.size === 0) bySource.delete(source);
  };
  const closeOldestOf = (source: string): void => {
    const [oldest] = bySource.get(source) ?? [];
    if (oldest === undefined) return;
    remove(source, oldest);
    oldest.destroy();
  };
  const total = (): number => [...bySource.values()].reduce((sum, { size }) => sum + size, 0);
  const busiest = (): string =>
    [...bySource].reduce((most, next) => (next[1].size > most[1].size ? next : most), ["", new Set<Connection>()])[0];
  return {
    add: (source, connection) => {
      if ((bySource.get(source)?.size ?? 0) >= limits.perSource) closeOldestOf(source);
      else if (total() >= limits.total) closeOldestOf(busiest());
      bySource.set(source, (bySource.get(source) ?? new Set()).add(connection));
    },
    remove,
    closeAll: () => {
      for (const own of [...bySource.values()]) for (const connection of [...own]) connection.destroy();
    },
  };
}
