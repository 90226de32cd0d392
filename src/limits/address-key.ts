// Which addresses are one client?

/**
 * Whoever has one IPv6 address has all of its /64 (RFC 4291 2.5.4); an IPv4 address that is written as one of IPv6 (2.5.5.2)
 * is that IPv4 address. `address`: as the system or a proxy writes it.
 */
export function addressKey(address: string): string {
  if (!address.includes(':')) return address;
  const [left = '', right] = (address.split('%')[0] ?? '').split('::');
  const head = left === '' ? [] : left.split(':');
  const tail = right === undefined || right === '' ? [] : right.split(':');
  // Its last four bytes may stand there as of IPv4.
  const length = address.includes('.') ? 7 : 8;
  const zeros = right === undefined ? [] : Array<string>(Math.max(0, length - head.length - tail.length)).fill('0');
  const groups = [...head, ...zeros, ...tail];
  const network = groups.slice(0, 4).join(':');
  const isMapped = network === '0:0:0:0' && groups[4] === '0' && groups[5]?.toLowerCase() === 'ffff';
  return isMapped ? groups.slice(6).join(':') : network;
}
