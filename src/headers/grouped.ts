// Fields by their names, as node:http2 takes trailers: in lower case (RFC 9113 8.2), all values of one in their order.

export function groupByName(fields: readonly (readonly [string, string])[]): Record<string, string[]> {
  const grouped: Record<string, string[]> = Object.create(null);
  for (const [name, value] of fields) {
    const lower = name.toLowerCase();
    grouped[lower] = [...(grouped[lower] ?? []), value];
  }
  return grouped;
}
