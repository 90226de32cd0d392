// The manual of every key, written from the schema, so that it cannot say anything else than what is checked.

import { configurationJsonSchema, DURATION_PATTERN, type JsonSchema, SIZE_PATTERN } from './json-schema.ts';
import { listUnavailable } from './unavailable.ts';

const INTRODUCTION = `# Configuration

<!-- Written by scripts/generate.ts from the schema. Do not edit. -->

One YAML file (1.2) says everything; \`portcullis run\` takes \`-c FILE\`, then \`PORTCULLIS_CONFIG\`, then
\`config/portcullis.yaml\`, which is commented to learn from. \`portcullis check\` reads the file and every file it names,
and lists all problems at once, each with its place and what to do about it. The same check stands before every start
and every reload: what has an error is never put in force.

* Keys that are not known are errors, and so is what this version cannot do yet.
* Paths of files are relative to the YAML file that names them.
* \`\${NAME}\` in a value is replaced by the environment variable of that name, after the YAML was read: a value is
  always text and never YAML. A variable that is not set is an error. \`$\${\` stands for a literal \`\${\`.
* \`include\` adds files: their lists are appended, their maps joined by name. No key may be set in two files.
* Times are written \`500ms\`, \`30s\`, \`5m\`, \`12h\`, \`7d\`; sizes \`512B\`, \`16KiB\`, \`10MiB\`, \`1GiB\`.
* Quote what YAML would take for something else: serial numbers (\`"0123"\`) and \`"*.example.com"\`.
* A key file that everyone may read is an error; the group may.
* A path rule takes every key that it does not set from the nearest path rule around it, on whole segments, and last
  from its site. Lists replace, they never merge. Where nobody says \`clientCertificate\`, it is \`require\`.
* A trust store or an upstream may stand in a rule as an object, instead of its name.

In the tables \`[]\` is one entry of a list and \`NAME\` a name of your choice; a key without default that is not
**required** is left out at will.
`;

/** Larger objects are shown once; where the same one comes again, a line points to the first. */
const WORTH_A_REFERENCE = 3;

interface Row {
  readonly key: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
  /** Where the same object is described. */
  readonly as: string | undefined;
}

/** docs/configuration.md. */
export function writeReference(): string {
  const root = configurationJsonSchema();
  const shown = new Map<string, string>();
  const sections = Object.entries(root.properties ?? {}).map(([key, schema]) => {
    const required = root.required?.includes(key) ? ' Required.' : '';
    const [itself, ...rows] = rowsOf(key, schema, false, shown);
    const table = rows.length > 0 ? rows : itself === undefined ? [] : [itself];
    return `## ${key}\n\n${schema.description ?? ''}${required}\n\n${writeTable(table)}`;
  });
  return [INTRODUCTION, ...sections, writeUnavailable()].join('\n');
}

function writeUnavailable(): string {
  const lines = listUnavailable().map(({ keys, what }) => `* ${keys.map((key) => `\`${key}\``).join(', ')}: ${what}\n`);
  return `## Not available in this version\n\nThese keys have their place in the format and are refused by name:\n\n${lines.join('')}`;
}

/** config/portcullis.schema.json, for editors. */
export function writeJsonSchema(): string {
  const { $schema, ...schema } = configurationJsonSchema() as JsonSchema & { $schema: string };
  const head = { $schema, $id: 'urn:portcullis:configuration:1', title: 'Portcullis configuration, version 1' };
  return `${JSON.stringify({ ...head, ...schema }, undefined, 2)}\n`;
}

function rowsOf(key: string, schema: JsonSchema, required: boolean, shown: Map<string, string>): Row[] {
  const forms = schema.anyOf ?? [schema];
  const fingerprint = JSON.stringify(forms.find(isLarge)?.properties);
  const as = fingerprint === undefined ? undefined : shown.get(fingerprint);
  if (fingerprint !== undefined && as === undefined) shown.set(fingerprint, key);
  const row: Row = { key, schema, required, as };
  return as === undefined ? [row, ...forms.flatMap((form) => rowsInside(key, form, shown))] : [row];
}

function rowsInside(key: string, schema: JsonSchema, shown: Map<string, string>): Row[] {
  const inner = Object.entries(schema.properties ?? {}).flatMap(([name, child]) =>
    rowsOf(`${key}.${name}`, child, schema.required?.includes(name) ?? false, shown),
  );
  const { items, additionalProperties } = schema;
  if (hasContent(items)) inner.push(...rowsOf(`${key}[]`, items, false, shown));
  if (typeof additionalProperties === 'object' && hasContent(additionalProperties)) {
    inner.push(...rowsOf(`${key}.NAME`, additionalProperties, false, shown));
  }
  return inner;
}

/** Lists and maps of plain values say what they hold in their own type. */
function hasContent(schema: JsonSchema | undefined): schema is JsonSchema {
  return schema !== undefined && (schema.anyOf ?? [schema]).some((form) => form.properties !== undefined);
}

function isLarge(schema: JsonSchema): boolean {
  return Object.keys(schema.properties ?? {}).length >= WORTH_A_REFERENCE;
}

function writeTable(rows: readonly Row[]): string {
  const lines = rows.map(({ key, schema, required, as }) => {
    const description = [schema.description, as && `Keys as under \`${as}\`.`].filter((text) => text !== undefined);
    const fallback = schema.default === undefined ? (required ? '**required**' : '') : writeValue(schema.default);
    return `| \`${key}\` | ${cell(typeOf(schema))} | ${cell(fallback)} | ${cell(description.join(' '))} |\n`;
  });
  return `| key | type | default | |\n|---|---|---|---|\n${lines.join('')}`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

function writeValue(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function typeOf(schema: JsonSchema): string {
  if (schema.anyOf !== undefined) return [...new Set(schema.anyOf.map(typeOf))].join(' or ');
  if (schema.const !== undefined) return writeValue(schema.const);
  if (schema.enum !== undefined) return schema.enum.map(writeValue).join(', ');
  if (schema.pattern === DURATION_PATTERN) return 'time';
  if (schema.pattern === SIZE_PATTERN) return 'size';
  switch (schema.type) {
    case 'string':
      return schema.format === 'path' ? 'file' : schema.format === 'uri' ? 'URL' : 'text';
    case 'integer':
      return rangeOf(schema);
    case 'array':
      return `list of ${schema.items === undefined ? 'values' : typeOf(schema.items)}`;
    case 'object':
      return 'map';
    default:
      return schema.type === 'boolean' ? '`true`, `false`' : 'anything';
  }
}

function rangeOf({ minimum, maximum }: JsonSchema): string {
  const bounded = maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER;
  if (minimum === undefined) return 'number';
  return bounded ? `number from ${minimum} to ${maximum}` : `number from ${minimum}`;
}
