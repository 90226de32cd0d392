// Finds what belongs to a host: its exact name, then `*.suffix` (one label), then `*`.

export interface HostTable<T> {
  find(host: string): T | undefined;
}

/** Patterns are canonical hosts, `*.suffix` or `*`; of two entries for one pattern the later counts. */
export function createHostTable<T>(entries: Iterable<readonly [pattern: string, value: T]>): HostTable<T> {
  const table = new Map(entries);
  return {
    find(host) {
      const exact = table.get(host);
      if (exact !== undefined) return exact;
      const dot = host.indexOf('.');
      return (dot > 0 ? table.get(`*${host.slice(dot)}`) : undefined) ?? table.get('*');
    },
  };
}
