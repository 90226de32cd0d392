// A function of text that keeps its answers, for texts that come again and again.

/** A flood of others costs a fresh start, not memory. */
const MOST_TEXTS = 1024;

/**
 * `make` gives the same whenever it is asked, and nothing that anybody changes. Not kept are texts longer than `longest`, and
 * those for which it gives undefined, or throws.
 */
export function remembering<T>(make: (text: string) => T, longest: number): (text: string) => T {
  const known = new Map<string, T>();
  return (text) => {
    const kept = known.get(text);
    if (kept !== undefined) return kept;
    const made = make(text);
    if (made === undefined || text.length > longest) return made;
    if (known.size >= MOST_TEXTS) known.clear();
    known.set(text, made);
    return made;
  };
}
