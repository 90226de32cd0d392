// Which SQL do SQLite and PostgreSQL share? What is built from the tables' names and columns, never from what they hold.

import { type TableName, tableOf } from './tables.ts';

export const READ_GENERATION = 'select generation from portcullis_state';
export const READ_VERSION = 'select version, oldest_user from portcullis_schema order by version desc limit 1';

export function nameOf(table: TableName): string {
  return tableOf(table).name;
}

export function columnsOf(table: TableName): readonly string[] {
  return Object.keys(tableOf(table).columns);
}

/** The end of an insert: rows with the same key are replaced. */
export function replaceOnConflict(table: TableName): string {
  const { key } = tableOf(table);
  const set = columnsOf(table)
    .filter((column) => !key.includes(column))
    .map((column) => `${column} = excluded.${column}`);
  return `on conflict (${key.join(', ')}) do update set ${set.join(', ')}`;
}

/** `parameter` stands for the generation, where there is one. */
export function selectRows(table: TableName, parameter: string | undefined): string {
  const { key } = tableOf(table);
  const where = parameter === undefined ? '' : ` where generation > ${parameter}`;
  return `select ${columnsOf(table).join(', ')} from ${nameOf(table)}${where} order by ${key.join(', ')}`;
}

/** The rows that come behind so many, highest values first. Of those with one value all go, or none. */
export function deleteAllBut(table: TableName, column: string, most: string): string {
  const name = nameOf(table);
  return `delete from ${name} where ${column} <= (select ${column} from ${name} order by ${column} desc limit 1 offset ${most})`;
}

/** Rows of one table, in the order of some columns. */
export interface RowQuery {
  readonly table: TableName;
  /** All must hold; those without a value do. */
  readonly where: readonly (readonly [column: string, operator: '=' | '<=' | '>=', value: Parameter | undefined])[];
  readonly order: readonly string[];
  /** Only rows behind the one with these values. */
  readonly after: readonly Parameter[] | undefined;
  readonly limit: number;
}

type Parameter = string | number;

/** `place` gives the text that stands for the nth value, from 1. */
export function writeQuery(
  { table, where, order, after, limit }: RowQuery,
  place: (position: number) => string,
): { readonly text: string; readonly values: readonly Parameter[] } {
  const values: Parameter[] = [];
  const bind = (value: Parameter) => place(values.push(value));
  const conditions = where.flatMap(([column, operator, value]) =>
    value === undefined ? [] : [`${column} ${operator} ${bind(value)}`],
  );
  if (after !== undefined) conditions.push(`(${order.join(', ')}) > (${after.map(bind).join(', ')})`);
  const filter = conditions.length === 0 ? '' : ` where ${conditions.join(' and ')}`;
  const text = `select ${columnsOf(table).join(', ')} from ${nameOf(table)}${filter} order by ${order.join(', ')} limit ${bind(limit)}`;
  return { text, values };
}
