// The accounts of the directory, and their certificates.

import { z } from 'zod';
import type { KnownAccount } from '../../directory/read-account.ts';
import { applyChange, withDirectory } from '../change.ts';
import { givenMoment, limit, moment, name, pattern, why } from '../fields.ts';
import { chooseCredential, givenCertificate } from '../given-certificate.ts';
import { isProblem, type Problem, problem } from '../problems.ts';
import { readAccounts } from '../read-accounts.ts';
import { defineRoute, type Route } from '../route.ts';
import type { Sources } from '../sources.ts';
import { match } from './match.ts';

const account = z.object({
  name: z.string(),
  displayName: z.string(),
  kind: z.enum(['person', 'app', 'device']),
  roles: z.array(z.string()),
  enabled: z.boolean(),
  validFrom: moment.optional(),
  validUntil: moment.optional(),
  notes: z.string(),
  createdAt: moment,
  changedAt: moment,
  certificates: z.array(
    z.object({
      id: z.string(),
      match,
      fingerprint: z.string().optional(),
      issuerName: z.string(),
      label: z.string(),
      createdAt: moment,
      lastSeenAt: moment.optional().describe('To within an hour.'),
    }),
  ),
});

const text = z.string().max(4_096);

/** What is left out stays. */
const settable = {
  displayName: text.optional(),
  kind: z.enum(['person', 'app', 'device']).optional(),
  roles: z.array(name).max(64).optional(),
  enabled: z.boolean().optional(),
  notes: text.optional(),
};

const added = z.strictObject({
  name,
  ...settable,
  validFrom: givenMoment.optional(),
  validUntil: givenMoment.optional(),
  certificate: givenCertificate.optional(),
  label: text.optional().describe('What the certificate is called.'),
  why,
});

const edited = z.strictObject({
  ...settable,
  validFrom: givenMoment.nullable().optional().describe('null: without a beginning.'),
  validUntil: givenMoment.nullable().optional().describe('null: without an end.'),
  why,
});

const named = z.object({ name });

export function clientRoutes(sources: Sources): Route[] {
  return [...readingRoutes(sources), ...accountRoutes(sources), ...certificateRoutes(sources)];
}

function readingRoutes(sources: Sources): Route[] {
  return [
    defineRoute({
      method: 'GET',
      path: '/clients',
      role: 'viewer',
      summary: 'Accounts by name, with their certificates. The next page begins behind the last name of this one.',
      query: z.strictObject({ account: pattern.optional(), role: pattern.optional(), after: name.optional(), limit }),
      answer: z.object({ clients: z.array(account) }),
      handle: ({ query }) =>
        withDirectory(sources, async (store) => ({ clients: (await readAccounts(store, query)).map(describe) })),
    }),
    defineRoute({
      method: 'GET',
      path: '/clients/{name}',
      role: 'viewer',
      summary: 'One account.',
      params: named,
      answer: account,
      handle: ({ params }) =>
        withDirectory(sources, async (store) => {
          const found = await store.readAccount(params.name);
          return found === undefined ? problem('not-found', 'There is no such account.') : describe(found);
        }),
    }),
  ];
}

function accountRoutes(sources: Sources): Route[] {
  return [
    defineRoute({
      method: 'POST',
      path: '/clients',
      role: 'operator',
      summary: 'Adds an account, with a certificate if one is given.',
      body: added,
      status: 201,
      answer: z.object({ name: z.string(), certificates: z.array(z.string()).describe('Ids.') }),
      async handle({ body: { why, certificate, label, kind = 'person', ...account }, actor }) {
        const chosen = certificate && (await chooseCredential(certificate, sources));
        if (isProblem(chosen)) return chosen;
        const credentials = chosen === undefined ? [] : [{ ...chosen, ...(label !== undefined && { label }) }];
        const change = { do: 'add-account', account: defined({ ...account, kind }), credentials } as const;
        const outcome = await applyChange({ actor, why, change }, sources);
        return isProblem(outcome) ? outcome : { name: account.name, certificates: [...(outcome.made[0] ?? [])] };
      },
    }),
    defineRoute({
      method: 'PATCH',
      path: '/clients/{name}',
      role: 'operator',
      summary: 'Changes an account; what is left out stays. `enabled: false` refuses it everywhere at once.',
      params: named,
      body: edited,
      answer: named,
      async handle({ params, body: { why, ...set }, actor }) {
        const change = { do: 'edit-account', name: params.name, set: defined(set) } as const;
        const outcome = await applyChange({ actor, why, change }, sources);
        return isProblem(outcome) ? outcome : { name: params.name };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/clients/{name}',
      role: 'operator',
      summary: 'Removes an account with its certificates. Blocks of it stay.',
      params: named,
      body: z.strictObject({ why }),
      answer: named,
      async handle({ params, body: { why }, actor }) {
        const change = { do: 'remove-account', name: params.name } as const;
        const outcome = await applyChange({ actor, why, change }, sources);
        return isProblem(outcome) ? outcome : { name: params.name };
      },
    }),
  ];
}

function certificateRoutes(sources: Sources): Route[] {
  const answer = z.object({ id: z.string() });
  return [
    defineRoute({
      method: 'POST',
      path: '/clients/{name}/certificates',
      role: 'operator',
      summary: 'Adds a certificate to an account, beside those it has.',
      params: named,
      body: z.strictObject({ certificate: givenCertificate, label: text.optional(), why }),
      status: 201,
      answer,
      async handle({ params, body: { certificate, label, why }, actor }) {
        const chosen = await chooseCredential(certificate, sources);
        if (isProblem(chosen)) return chosen;
        const credential = { ...chosen, ...(label !== undefined && { label }) };
        const change = { do: 'add-credential', account: params.name, credential } as const;
        const outcome = await applyChange({ actor, why, change }, sources);
        return isProblem(outcome) ? outcome : { id: outcome.made[0]?.[0] ?? '' };
      },
    }),
    defineRoute({
      method: 'DELETE',
      path: '/clients/{name}/certificates/{id}',
      role: 'operator',
      summary: 'Removes one certificate of an account.',
      params: z.object({ name, id: name }),
      body: z.strictObject({ why }),
      answer,
      async handle({ params: { name, id }, body: { why }, actor }) {
        const missing = await findMissing(name, id, sources);
        if (missing !== undefined) return missing;
        const outcome = await applyChange({ actor, why, change: { do: 'remove-credential', id } }, sources);
        return isProblem(outcome) ? outcome : { id };
      },
    }),
  ];
}

function findMissing(name: string, id: string, sources: Sources): Promise<Problem | undefined> {
  return withDirectory(sources, async (store) => {
    const found = await store.readAccount(name);
    const isThere = found?.credentials.some((each) => each.id === id);
    return isThere ? undefined : problem('not-found', 'The account has no such certificate.');
  });
}

function describe({ account: found, credentials }: KnownAccount): z.input<typeof account> {
  return { ...found, roles: [...found.roles], certificates: credentials.map((each) => ({ ...each })) };
}

type Defined<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

/** Keys that are not said are not there. */
function defined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}
