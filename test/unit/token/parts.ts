// What tests of tokens are made of: keys, a client, and a writer with a clock that stands still.

import { generateKeyPairSync } from 'node:crypto';
import type { Identity } from '../../../src/model/identity.ts';
import type { UpstreamTokenOptions } from '../../../src/token/options.ts';
import { createTokenSigner } from '../../../src/token/signer.ts';
import { createSigningKey, type SigningKey, type TokenAlgorithm } from '../../../src/token/signing-key.ts';
import { createTokenWriter, type TokenWriter } from '../../../src/token/token-writer.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';

export const ISSUER = 'https://gateway.example';
export const AUDIENCE = 'orders';
/** A whole second. */
export const NOW = Math.floor(Date.now() / 1000) * 1000;

const issuing = makeRoot().intermediate({ name: 'Test Issuing' });

export function makeClient(options: Parameters<TestCertificate['client']>[0] = {}): TestCertificate {
  return issuing.client(options);
}

export function identityOf(certificate: TestCertificate, account?: Identity['account']): Identity {
  const path = [certificate, ...certificate.issuers].map(({ facts }) => facts);
  return { certificate: certificate.facts, path, account };
}

export function makeSigningKey(algorithm: TokenAlgorithm = 'EdDSA'): SigningKey {
  const { privateKey } =
    algorithm === 'EdDSA' ? generateKeyPairSync('ed25519') : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = createSigningKey(privateKey);
  if (key === undefined) throw new Error(`no key for ${algorithm}`);
  return key;
}

export interface Writing {
  readonly keySet: string;
  readonly writer: TokenWriter;
  /** The token for a client whose verdict holds for an hour, unless it is said otherwise. */
  tokenFor(identity: Identity | undefined, at?: { now?: number; validUntil?: number }): string | undefined;
}

export function startWriting(
  keys: readonly SigningKey[],
  options: Partial<UpstreamTokenOptions> = {},
  maxBytes = 8192,
): Writing {
  const signer = createTokenSigner(keys);
  const full = { header: 'X-Client-Token', audience: AUDIENCE, ttl: 60_000, ...options };
  const writer = createTokenWriter({ signer, issuer: ISSUER, options: full, maxBytes });
  const before: readonly string[] = ['X-Client-Verify', 'SUCCESS'];
  return {
    keySet: signer.keySet,
    writer,
    tokenFor(identity, { now = NOW, validUntil = now + 3_600_000 } = {}) {
      const written = writer.write(identity, before, { now, validUntil });
      if ('refusal' in written) throw new Error(written.refusal.note);
      const at = written.headers.indexOf(full.header);
      return at < 0 ? undefined : written.headers[at + 1];
    },
  };
}
