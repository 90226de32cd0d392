// How many client connections are open, in all and by address: one count for all listeners.

export interface ConnectionLimits {
  readonly connections: number;
  readonly connectionsPerAddress: number;
}

export interface ConnectionCount {
  readonly open: number;
  /** Counts a connection in; gives what counts it out again, or the limit that it would exceed. */
  enter(address: string): (() => void) | 'limit' | 'address-limit';
}

export function createConnectionCount({ connections, connectionsPerAddress }: ConnectionLimits): ConnectionCount {
  const byGroup = new Map<string, number>();
  let open = 0;
  return {
    get open() {
      return open;
    },
    enter(address) {
      const group = groupOf(address);
      const members = byGroup.get(group) ?? 0;
      if (open >= connections) return 'limit';
      if (members >= connectionsPerAddress) return 'address-limit';
      open++;
      byGroup.set(group, members + 1);
      return () => {
        open--;
        const left = (byGroup.get(group) ?? 1) - 1;
        if (left === 0) byGroup.delete(group);
        else byGroup.set(group, left);
      };
    },
  };
}

/** Whoever has one IPv6 address has all of its /64 (RFC 4291 2.5.4). `address`: as the system writes it. */
function groupOf(address: string): string {
  if (!address.includes(':')) return address;
  const [left = '', right] = (address.split('%')[0] ?? '').split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  const zeros = right === undefined ? [] : Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
