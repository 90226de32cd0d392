// Certificates and contexts for the check of the runtime, made anew each time.

import {
  type Credential,
  chainPem,
  createIntermediateAuthority,
  createRootAuthority,
  privateKeyPem,
} from '../pki/authority.ts';
import { issueClientCertificate, issueServerCertificate } from '../pki/issue.ts';
import { encodePem } from '../x509/pem.ts';
import { createSecureContexts, type SecureContexts } from './secure-contexts.ts';

export const HOST = 'self-check.invalid';

export interface Pki {
  readonly rootPem: string;
  /** Issued by an intermediate authority. */
  readonly client: Credential;
  /** DER of its chain, leaf first. */
  readonly presented: readonly Uint8Array[];
  /** Of an authority that nobody trusts. */
  readonly stranger: Credential;
  readonly contexts: SecureContexts;
  /** The same but for the authorities. */
  readonly otherContexts: SecureContexts;
}

export function makePki(now: number): Pki {
  const named = (value: string) => [{ type: 'CN', value }];
  const root = createRootAuthority({ subject: named('self-check root'), now, days: 1 });
  const other = createRootAuthority({ subject: named('self-check other root'), now, days: 1 });
  const issuing = createIntermediateAuthority(root, { subject: named('self-check issuing'), now, days: 1 });
  const server = issueServerCertificate(root, {
    subject: named(HOST),
    alternativeNames: [{ kind: 'dns', value: HOST }],
    now,
    days: 1,
  });
  const clientOf = (issuer: Credential) =>
    issueClientCertificate(issuer, { subject: named('client'), alternativeNames: [], now, days: 1 });
  const client = clientOf(issuing);
  const [rootPem, otherPem] = [root, other].map(({ certificate }) => encodePem('CERTIFICATE', certificate.der)) as [
    string,
    string,
  ];
  const identity = { hosts: [HOST], isDefault: true, certPem: chainPem(server), keyPem: privateKeyPem(server) };
  const contextsWith = (authoritiesPem: readonly string[]) =>
    createSecureContexts(
      [identity],
      [{ hosts: [HOST], authoritiesPem, sendIssuerList: true, allowPartialChain: false, asksForCertificate: true }],
    );
  return {
    rootPem,
    client,
    presented: client.chain.map(({ der }) => der),
    stranger: clientOf(createRootAuthority({ subject: named('self-check stranger'), now, days: 1 })),
    contexts: contextsWith([rootPem]),
    otherContexts: contextsWith([rootPem, otherPem]),
  };
}
