// Which database does a URL name?

export interface PostgresAddress {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly database: string;
  /** Undefined where the URL holds none. */
  readonly password: string | undefined;
}

/** The file of `sqlite:../data/clients.db`, as it stands there; undefined for anything else. */
export function readSqliteUrl(url: string): string | undefined {
  return /^sqlite:(?<file>[^?#]+)$/.exec(url)?.groups?.file;
}

/** Undefined for anything but a plain URL: what its query would say (TLS, time limits) has options of its own. */
export function readPostgresUrl(text: string): PostgresAddress | undefined {
  if (!/^postgres(ql)?:\/\//.test(text) || !URL.canParse(text)) return undefined;
  const { hostname, port, username, password, pathname, search, hash } = new URL(text);
  const database = decode(pathname.slice(1));
  const user = decode(username);
  const decoded = decode(password);
  if (hostname === '' || !database || database.includes('/') || !user || decoded === undefined) return undefined;
  if (search !== '' || hash !== '') return undefined;
  return {
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port || 5432),
    user,
    database,
    password: decoded === '' ? undefined : decoded,
  };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
