// Every target there is: whatever reads bytes that somebody else has chosen.

import type { Disagreements } from './openssl.ts';
import type { Corpus } from './seeds/corpus.ts';
import type { Target } from './target.ts';
import { addressTarget } from './targets/address.ts';
import { answerTarget } from './targets/answer.ts';
import { certificateTarget, extensionsTarget } from './targets/certificate.ts';
import { crlTarget, ocspTarget, pemTarget, pkcs7Target, requestTarget } from './targets/files.ts';
import { helloTarget } from './targets/hello.ts';
import { pathTarget } from './targets/path.ts';
import { canonicalHostTarget, canonicalPathTarget, requestTargetTarget } from './targets/request-line.ts';
import { revocationTarget } from './targets/revocation.ts';
import { signatureTarget } from './targets/signature.ts';
import { signedPathTarget } from './targets/signed-path.ts';
import { framesTarget, sealTarget, verdictTarget } from './targets/stored.ts';

export interface Surroundings {
  readonly corpus: Corpus;
  readonly disagreements: Disagreements;
  /** One in so many accepted certificates is shown to OpenSSL. */
  readonly sampleEvery: number;
}

/** Made when they are wanted: seeds take keys. */
export const TARGETS = {
  certificate: ({ corpus, disagreements, sampleEvery }) => certificateTarget(corpus, disagreements, sampleEvery),
  extensions: () => extensionsTarget(),
  crl: ({ corpus }) => crlTarget(corpus),
  ocsp: ({ corpus }) => ocspTarget(corpus),
  request: () => requestTarget(),
  pkcs7: () => pkcs7Target(),
  pem: ({ corpus }) => pemTarget(corpus),
  path: () => pathTarget(),
  'signed-path': () => signedPathTarget(),
  signature: () => signatureTarget(),
  revocation: () => revocationTarget(),
  'canonical-path': () => canonicalPathTarget(),
  'canonical-host': () => canonicalHostTarget(),
  'request-target': () => requestTargetTarget(),
  address: () => addressTarget(),
  'verdict-text': () => verdictTarget(),
  seal: () => sealTarget(),
  'websocket-frames': () => framesTarget(),
  hello: () => helloTarget(),
  answer: () => answerTarget(),
} as const satisfies Readonly<Record<string, (surroundings: Surroundings) => Target>>;

export type TargetName = keyof typeof TARGETS;

export function isTargetName(name: string): name is TargetName {
  return Object.hasOwn(TARGETS, name);
}
