// Which names have a series of their own? The first so many; the rest share one.

const OTHER = 'other';

/** Names that were there before a reload keep their place: their series do not end. */
export function boundNames(most: number): (name: string) => string {
  const known = new Set<string>();
  return (name) => {
    if (known.has(name)) return name;
    if (known.size >= most) return OTHER;
    known.add(name);
    return name;
  };
}
