// Which tables hold the directory? The same in SQLite and PostgreSQL: text and bigint.

export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

interface Table {
  /** With a prefix, for PostgreSQL may hold other things in the same schema. */
  readonly name: string;
  readonly key: readonly string[];
  readonly columns: Readonly<Record<string, 'text' | 'bigint'>>;
}

export const TABLES = {
  accounts: {
    name: 'portcullis_accounts',
    key: ['name'],
    columns: {
      name: 'text',
      display_name: 'text',
      kind: 'text',
      roles: 'text',
      valid_from: 'bigint',
      valid_until: 'bigint',
      enabled: 'bigint',
      notes: 'text',
      created_at: 'bigint',
      changed_at: 'bigint',
      generation: 'bigint',
    },
  },
  credentials: {
    name: 'portcullis_credentials',
    key: ['id'],
    columns: {
      id: 'text',
      account: 'text',
      target: 'text',
      fingerprint: 'text',
      issuer_name: 'text',
      label: 'text',
      created_at: 'bigint',
      last_seen_at: 'bigint',
      generation: 'bigint',
    },
  },
  blocks: {
    name: 'portcullis_blocks',
    key: ['id'],
    columns: {
      id: 'text',
      target: 'text',
      reason: 'text',
      until: 'bigint',
      created_at: 'bigint',
      created_by: 'text',
      generation: 'bigint',
    },
  },
  /** What is gone, for those who knew it. */
  removals: {
    name: 'portcullis_removals',
    key: ['kind', 'id'],
    columns: { kind: 'text', id: 'text', generation: 'bigint' },
  },
  audit: {
    name: 'portcullis_audit',
    key: ['generation', 'position'],
    columns: {
      generation: 'bigint',
      position: 'bigint',
      at: 'bigint',
      actor: 'text',
      action: 'text',
      subject: 'text',
      detail: 'text',
      why: 'text',
    },
  },
  /** Certificates in the traffic. */
  seen: {
    name: 'portcullis_seen',
    key: ['id'],
    columns: {
      id: 'text',
      fingerprint: 'text',
      issuer_spki: 'text',
      serial: 'text',
      issuer: 'text',
      subject: 'text',
      account: 'text',
      site: 'text',
      not_before: 'bigint',
      not_after: 'bigint',
      first_seen_at: 'bigint',
      last_seen_at: 'bigint',
    },
  },
  /** What report-only rules would have done. */
  reports: {
    name: 'portcullis_reports',
    key: ['id'],
    columns: {
      id: 'text',
      rule: 'text',
      code: 'text',
      fingerprint: 'text',
      subject: 'text',
      issuer: 'text',
      serial: 'text',
      account: 'text',
      address: 'text',
      requests: 'bigint',
      first_at: 'bigint',
      last_at: 'bigint',
      kept_until: 'bigint',
    },
  },
  /** What was said of things that end, so that it is said once. */
  warnings: { name: 'portcullis_warnings', key: ['id'], columns: { id: 'text', ends_at: 'bigint' } },
} as const satisfies Readonly<Record<string, Table>>;

export type TableName = keyof typeof TABLES;

/** The general shape of a table. */
export function tableOf(name: TableName): Table {
  return TABLES[name];
}
