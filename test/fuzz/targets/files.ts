// Targets: lists, OCSP responses, requests, PKCS#7 bags, and the files that may hold any of them.

import { parseCrl } from '../../../src/x509/crl.ts';
import { readCertificates, readCrls, readRequests } from '../../../src/x509/files.ts';
import { parseOcspResponse } from '../../../src/x509/ocsp-response.ts';
import { encodePem, readPem } from '../../../src/x509/pem.ts';
import { parseRequest } from '../../../src/x509/request.ts';
import { isContentInfo, parseSignedData } from '../../../src/x509/signed-data.ts';
import {
  checkCrl,
  checkKey,
  checkKnown,
  checkName,
  checkOcspResponse,
  describeKnown,
  readOrRefuse,
} from '../invariants.ts';
import { makeCertificates } from '../seeds/certificates.ts';
import type { Corpus } from '../seeds/corpus.ts';
import { makeOcspResponses } from '../seeds/ocsp.ts';
import { makeBags, makeCrls, makeRequests } from '../seeds/others.ts';
import { mustBe, shapeOf, type Target } from '../target.ts';

const MAX_BYTES = 70_000;

export function crlTarget(corpus: Corpus): Target {
  return {
    name: 'crl',
    shape: 'der',
    maxBytes: MAX_BYTES,
    seeds: [...makeCrls(), ...(corpus.get('X509 CRL') ?? [])],
    run: (input) =>
      readOrRefuse(
        () => parseCrl(input),
        (facts) => checkCrl(input, facts),
      ),
  };
}

export function ocspTarget(corpus: Corpus): Target {
  return {
    name: 'ocsp',
    shape: 'der',
    maxBytes: MAX_BYTES,
    seeds: [...makeOcspResponses(), ...(corpus.get('BASE64') ?? [])],
    run: (input) =>
      readOrRefuse(
        () => parseOcspResponse(input),
        (facts) => checkOcspResponse(facts),
      ),
  };
}

export function requestTarget(): Target {
  return {
    name: 'request',
    shape: 'der',
    maxBytes: MAX_BYTES,
    seeds: makeRequests(),
    run: (input) =>
      readOrRefuse(
        () => parseRequest(input),
        (facts) => {
          mustBe(Buffer.compare(input, facts.der) === 0, 'what is read is the whole input');
          checkName(facts.subject);
          checkKey(facts.publicKey);
          checkKnown(facts.known);
          return `${facts.publicKey.kind} ${describeKnown(facts.known)}`;
        },
      ),
  };
}

export function pkcs7Target(): Target {
  return {
    name: 'pkcs7',
    shape: 'der',
    maxBytes: MAX_BYTES,
    seeds: makeBags(),
    run: (input) =>
      readOrRefuse(
        () => parseSignedData(input),
        ({ certificates, crls }) => {
          mustBe(isContentInfo(input), 'a bag is told from a certificate');
          const bytes = Buffer.from(input);
          mustBe(
            [...certificates, ...crls].every((der) => bytes.includes(der)),
            'members are parts of the bag',
          );
          return `${certificates.length > 0} ${crls.length > 0}`;
        },
      ),
  };
}

export function pemTarget(corpus: Corpus): Target {
  const [certificates, crls, requests, bags] = [makeCertificates(), makeCrls(), makeRequests(), makeBags()];
  const blocks = [
    ...[...certificates.slice(0, 8), ...(corpus.get('CERTIFICATE') ?? []).slice(0, 50)].map((der) =>
      encodePem('CERTIFICATE', der),
    ),
    ...crls.slice(0, 4).map((der) => encodePem('X509 CRL', der)),
    ...requests.slice(0, 3).map((der) => encodePem('NEW CERTIFICATE REQUEST', der)),
    ...bags.map((der) => encodePem('PKCS7', der)),
  ];
  const mixed = `\ufeffsubject=CN = alice\r\n${blocks.slice(0, 9).join('\n# more\r\n')}`;
  return {
    name: 'pem',
    shape: 'pem',
    maxBytes: MAX_BYTES,
    seeds: [...[...blocks, mixed].map((text) => Buffer.from(text)), ...bags, ...certificates.slice(0, 3)],
    run: runFile,
  };
}

/** Files are read without any error: what is wrong is told. */
function runFile(input: Uint8Array): string {
  const read = [readCertificates(input), readCrls(input), readRequests(input)] as const;
  const counts = [read[0].certificates.length, read[1].crls.length, read[2].requests.length];
  read.forEach(({ problems }, index) => {
    mustBe((counts[index] ?? 0) > 0 || problems.length > 0, 'a file without anything has a problem');
    mustBe(
      problems.every(({ line }) => line === undefined || line >= 1),
      'lines count from 1',
    );
  });
  const text = Buffer.from(input).toString('utf8');
  for (const { label, der } of readPem(text).blocks) {
    mustBe(readPem(encodePem(label, der)).blocks.length === 1, 'a block can be written again', () =>
      JSON.stringify(label),
    );
  }
  const first = read[0].problems[0]?.message ?? read[1].problems[0]?.message ?? '';
  // Labels are as many as there are texts.
  return shapeOf(`${counts.map((count) => count > 0).join()} ${first.replace(/^the .* block/s, 'the block')}`);
}
