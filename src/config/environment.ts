// Puts the values of environment variables where a scalar names them: after parsing, so that a value is never YAML.

import type { Report } from './report.ts';
import type { ConfigPath, ScalarNode, SourceNode } from './source.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

const REFERENCE = /\$?\$\{([^}]*)\}?/g;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The same tree with every `${NAME}` in its scalar strings replaced; `$${` stands for `${`. */
export function expandVariables(node: SourceNode, path: ConfigPath, env: Environment, report: Report): SourceNode {
  if (node.kind === 'list') {
    return { ...node, items: node.items.map((item, i) => expandVariables(item, [...path, i], env, report)) };
  }
  if (node.kind === 'map') {
    const entries = [...node.entries].map(([key, entry]) => {
      return [key, { ...entry, node: expandVariables(entry.node, [...path, key], env, report) }] as const;
    });
    return { ...node, entries: new Map(entries) };
  }
  if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
  return { ...node, value: expandText(node.value, env, (problem) => reportVariable(problem, node, path, report)) };
}

/** One text; `fail` is told of each reference that leads nowhere, which then stays as it is. */
export function expandText(text: string, env: Environment, fail: (problem: string) => void): string {
  return text.replace(REFERENCE, (reference, name: string) => {
    if (reference.startsWith('$$')) return reference.slice(1);
    const closed = reference.endsWith('}');
    const value = closed && NAME.test(name) && Object.hasOwn(env, name) ? env[name] : undefined;
    if (value !== undefined) return value;
    fail(closed && NAME.test(name) ? `the environment variable ${name} is not set` : `${reference} names no variable`);
    return reference;
  });
}

function reportVariable(problem: string, node: ScalarNode, path: ConfigPath, report: Report): void {
  report.error(path, `${problem} (in ${node.source})`, 'set the variable, or write $${ for a literal ${');
}
