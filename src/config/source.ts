// Where in which file does each part of the configuration stand? The tree of values with their places.

/** A place in a file; line and column are 1-based. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Keys and list indices from the root down. */
export type ConfigPath = readonly (string | number)[];

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** As written in the file. Messages show this and never `value`, which may be a secret of the environment. */
  readonly source: string;
}

export interface ListNode {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly SourceNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly keyPlace: Place;
  readonly node: SourceNode;
}

export type SourceNode = ScalarNode | ListNode | MapNode;

/** The values alone, for the schema. */
export function toPlain(node: SourceNode): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]));
}

/** The node at a path; undefined where there is none. */
export function findNode(root: SourceNode, path: ConfigPath): SourceNode | undefined {
  let node: SourceNode | undefined = root;
  for (const step of path) node = node === undefined ? undefined : childOf(node, step)?.node;
  return node;
}

/**
 * The place of what stands at a path, or of the nearest thing around it. A list or map under a key is found at its key:
 * that is the line a reader looks for.
 */
export function findPlace(root: SourceNode, path: ConfigPath): Place {
  let node = root;
  let place = root.place;
  for (const step of path) {
    const child = childOf(node, step);
    if (child === undefined) return place;
    node = child.node;
    place = node.kind === 'scalar' ? node.place : child.keyPlace;
  }
  return place;
}

/** The place of the key itself at the end of a path. */
export function findKeyPlace(root: SourceNode, path: ConfigPath): Place {
  const parent = findNode(root, path.slice(0, -1));
  const last = path.at(-1);
  const child = parent === undefined || last === undefined ? undefined : childOf(parent, last);
  return child?.keyPlace ?? findPlace(root, path);
}

function childOf(node: SourceNode, step: string | number): MapEntry | undefined {
  if (node.kind === 'map') return node.entries.get(String(step));
  const item = node.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined;
  return item && { keyPlace: item.place, node: item };
}

/** `sites[0].paths./admin.allow[0].serial` */
export function formatPath(path: ConfigPath): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${step}]`;
    return text === '' ? step : `${text}.${step}`;
  }, '');
}
