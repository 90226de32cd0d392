// How is an IP address written? IPv4 in dotted decimal, IPv6 as RFC 5952 says.

/** Text of 4 or 16 octets. */
export function formatIp(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  // RFC 5952 5: IPv4-mapped addresses end in dotted decimal.
  const isMapped = octets.subarray(0, 10).every((octet) => octet === 0) && octets[10] === 0xff && octets[11] === 0xff;
  if (isMapped) return `::ffff:${octets.subarray(12).join('.')}`;
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) groups.push((octets[at] ?? 0) * 256 + (octets[at + 1] ?? 0));
  const { start, length } = longestZeroRun(groups);
  const text = (part: number[]) => part.map((group) => group.toString(16)).join(':');
  // RFC 5952 4.2.2: a single zero group is written out.
  return length < 2 ? text(groups) : `${text(groups.slice(0, start))}::${text(groups.slice(start + length))}`;
}

/** RFC 5952 4.2.3: the first of the longest runs. */
function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  groups.forEach((group, index) => {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  });
  return best;
}
