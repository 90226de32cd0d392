// The schema as JSON Schema 2020-12: for editors, for the reference manual, and to know which keys stand where.

import { z } from 'zod';
import { duration, size } from '../model/options.ts';
import { configurationSchema } from './schema.ts';
import type { ConfigPath } from './source.ts';

/** The part of JSON Schema that zod writes for our options. */
export interface JsonSchema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

export const DURATION_PATTERN = z.toJSONSchema(duration, { io: 'input' }).pattern;
export const SIZE_PATTERN = z.toJSONSchema(size, { io: 'input' }).pattern;

let made: JsonSchema | undefined;

/** Made once, at the first use. Defaults stand in it as a user would write them: `30s`, `16KiB`. */
export function configurationJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(configurationSchema, {
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const definition = zodSchema._zod.def;
      if (definition.type === 'default' && typeof definition.defaultValue === 'number') {
        jsonSchema.default = writeDefault(definition.defaultValue, jsonSchema.pattern);
      }
      // The value that stands for a left-out object is its keys' defaults, which stand at the keys.
      if (definition.type === 'prefault') delete jsonSchema.default;
    },
  }) as JsonSchema;
  return made;
}

const DURATION_UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
  ['ms', 1],
] as const;

const SIZE_UNITS = [
  ['GiB', 1024 ** 3],
  ['MiB', 1024 ** 2],
  ['KiB', 1024],
  ['B', 1],
] as const;

/** Milliseconds and bytes in the largest unit that takes them whole; other numbers as they are. */
function writeDefault(value: number, pattern: string | undefined): number | string {
  if (pattern === DURATION_PATTERN) return value === 0 ? '0s' : inUnits(value, DURATION_UNITS);
  if (pattern === SIZE_PATTERN) return inUnits(value, SIZE_UNITS);
  return value;
}

function inUnits(value: number, units: readonly (readonly [string, number])[]): string {
  const [name, factor] = units.find(([, factor]) => value % factor === 0 && value >= factor) ?? ['', 1];
  return `${value / factor}${name}`;
}

/** The schemas that may hold at a path: several where a value has several forms. */
export function schemasAt(path: ConfigPath): readonly JsonSchema[] {
  return path
    .reduce<readonly JsonSchema[]>(
      (schemas, step) => schemas.flatMap((schema) => childSchemas(schema, step)),
      [configurationJsonSchema()],
    )
    .flatMap((schema) => schema.anyOf ?? [schema]);
}

/** The keys that may stand in the map at a path. */
export function knownKeys(path: ConfigPath): readonly string[] {
  return schemasAt(path).flatMap((schema) => Object.keys(schema.properties ?? {}));
}

function childSchemas(schema: JsonSchema, step: string | number): readonly JsonSchema[] {
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((form) => childSchemas(form, step));
  if (typeof step === 'number') return schema.items === undefined ? [] : [schema.items];
  const properties = schema.properties ?? {};
  const child = Object.hasOwn(properties, step) ? properties[step] : schema.additionalProperties;
  return child === undefined || child === false ? [] : [child];
}
