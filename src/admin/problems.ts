// Why does the admin API not do what it was asked? One closed table; codes are API and never renamed.

export const PROBLEMS = {
  invalid: { status: 400, title: 'The request is not what the API expects' },
  'token-required': { status: 401, title: 'A token or a client certificate with a role is required' },
  'certificate-refused': { status: 403, title: 'The client certificate has no role here' },
  'role-required': { status: 403, title: 'This needs a role that you do not have' },
  'origin-refused': { status: 403, title: 'Pages of other origins may not use the admin API' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'api-off': { status: 404, title: 'The admin API is off' },
  conflict: { status: 409, title: 'It does not go together with what is there' },
  'too-large': { status: 413, title: 'The body is too large' },
  'media-type': { status: 415, title: 'The body must be application/json' },
  'host-refused': { status: 421, title: 'The admin API is not called by that name' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'The gateway failed' },
  unavailable: { status: 503, title: 'It cannot be had at the moment' },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly title: string }>>;

export type ProblemCode = keyof typeof PROBLEMS;

/** What a handler gives instead of an answer. */
export interface Problem {
  readonly problem: ProblemCode;
  /** For people: what exactly is wrong, and what to do. */
  readonly detail: string;
  /** What is wrong with the configuration, where it is that. */
  readonly problems?: readonly object[] | undefined;
}

export function problem(code: ProblemCode, detail: string, problems?: readonly object[]): Problem {
  return { problem: code, detail, problems };
}

export function isProblem(value: unknown): value is Problem {
  return typeof value === 'object' && value !== null && 'problem' in value;
}

/** As RFC 9457 writes it. */
export function problemBody({ problem: code, detail, problems }: Problem): object {
  const { status, title } = PROBLEMS[code];
  return { type: 'about:blank', title, status, detail, code, problems };
}
