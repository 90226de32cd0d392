// Which trust stores, upstreams and server certificates does the configuration define, and where?
//
// Each is read on its own, so that the files of a sound part are checked whatever is wrong elsewhere.

import type { z } from 'zod';
import { certificateOptions } from './options/server.ts';
import { type UpstreamOptions, upstreamOptions } from './options/upstreams.ts';
import { type TrustStoreOptions, trustStoreOptions } from './schema.ts';
import { type ConfigPath, findNode, formatPath, type SourceNode, toPlain } from './source.ts';

export type CertificateOptions = z.output<typeof certificateOptions>;

export interface Part<T> {
  readonly path: ConfigPath;
  readonly options: T;
}

export interface NamedPart<T> extends Part<T> {
  /** As the configuration calls it; made from host and path for an object that stands in a rule. */
  readonly name: string;
}

export interface Parts {
  readonly certificates: readonly Part<CertificateOptions>[];
  readonly trust: readonly NamedPart<TrustStoreOptions>[];
  readonly upstreams: readonly NamedPart<UpstreamOptions>[];
}

type Kind = 'trust' | 'upstream';

interface Inline {
  readonly path: ConfigPath;
  readonly kind: Kind;
  readonly name: string;
}

/** The parts that pass the schema. */
export function collectParts(root: SourceNode): Parts {
  const inline = findInline(root);
  const named = (section: string): Omit<Inline, 'kind'>[] =>
    keysAt(root, [section]).map((name) => ({ path: [section, name], name }));
  const parse = <T>(schema: z.ZodType<T>, places: readonly Omit<Inline, 'kind'>[]): NamedPart<T>[] =>
    places.flatMap(({ path, name }) => {
      const node = findNode(root, path);
      const result = schema.safeParse(node === undefined ? undefined : toPlain(node));
      return result.success ? [{ path, name, options: result.data }] : [];
    });
  return {
    certificates: parse(certificateOptions, indicesAt(root, ['certificates']).map(nameless)),
    trust: parse(trustStoreOptions, [...named('trust'), ...inline.filter(({ kind }) => kind === 'trust')]),
    upstreams: parse(upstreamOptions, [...named('upstreams'), ...inline.filter(({ kind }) => kind === 'upstream')]),
  };
}

function nameless(path: ConfigPath): Omit<Inline, 'kind'> {
  return { path, name: formatPath(path) };
}

/** The trust stores and upstreams that stand in rules as objects, each with a name nobody else has. */
function findInline(root: SourceNode): Inline[] {
  const taken: Record<Kind, Set<string>> = {
    trust: new Set(keysAt(root, ['trust'])),
    upstream: new Set(keysAt(root, ['upstreams'])),
  };
  const found: Inline[] = [];
  for (const site of indicesAt(root, ['sites'])) {
    for (const [rule, title] of rulesAt(root, site)) {
      for (const kind of ['trust', 'upstream'] as const) {
        if (findNode(root, [...rule, kind])?.kind !== 'map') continue;
        const name = freeName(title, taken[kind]);
        taken[kind].add(name);
        found.push({ path: [...rule, kind], kind, name });
      }
    }
  }
  return found;
}

/** Every rule of a site and what it is called: `localhost /`, `localhost /partners`, `localhost /orders reportOnly`. */
function rulesAt(root: SourceNode, site: ConfigPath): [ConfigPath, string][] {
  const host = findNode(root, [...site, 'hosts', 0]);
  const title = host?.kind === 'scalar' ? String(host.value) : formatPath(site);
  const rules: [ConfigPath, string][] = [[site, `${title} /`]];
  for (const path of keysAt(root, [...site, 'paths'])) rules.push([[...site, 'paths', path], `${title} ${path}`]);
  return rules.flatMap(([rule, name]): [ConfigPath, string][] => [
    [rule, name],
    [[...rule, 'reportOnly'], `${name} reportOnly`],
  ]);
}

function freeName(wanted: string, taken: ReadonlySet<string>): string {
  let name = wanted;
  for (let n = 2; taken.has(name); n++) name = `${wanted} (${n})`;
  return name;
}

function keysAt(root: SourceNode, path: ConfigPath): string[] {
  const node = findNode(root, path);
  return node?.kind === 'map' ? [...node.entries.keys()] : [];
}

function indicesAt(root: SourceNode, path: ConfigPath): ConfigPath[] {
  const node = findNode(root, path);
  return node?.kind === 'list' ? node.items.map((_, index) => [...path, index]) : [];
}
