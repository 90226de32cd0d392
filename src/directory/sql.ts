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
