// Target: a chain as a client sends it.

import { type ValidationOptions, validationOptions } from '../../../src/validation/options.ts';
import { validatePath } from '../../../src/validation/validate.ts';
import { parseCertificate } from '../../../src/x509/certificate.ts';
import { derOf, insideEach, readWhole, TAG } from '../../../src/x509/der.ts';
import { sequence } from '../../../src/x509/der-writer.ts';
import { Malformed } from '../../../src/x509/malformed.ts';
import { makeRoot, PURPOSE, type TestCertificate } from '../../kit/pki.ts';
import { readOrRefuse } from '../invariants.ts';
import { CERTIFICATE_EXTENSIONS } from '../seeds/extensions.ts';
import { mustBe, type Target } from '../target.ts';

const DAY_MS = 86_400_000;

interface Cast {
  /** Leaf and what is sent behind it. */
  readonly good: readonly (readonly TestCertificate[])[];
  readonly bad: readonly (readonly TestCertificate[])[];
  readonly roots: readonly TestCertificate[];
}

/** `bad` are genuine too, and may not pass for another reason. */
function makeCast(): Cast {
  const roots = (['ec', 'rsa2048', 'ed25519'] as const).map((key) => makeRoot({ key, name: `Root ${key}` }));
  const good = roots.flatMap((root) => {
    const upper = root.intermediate({ name: 'Upper' });
    const issuing = upper.intermediate({ name: 'Issuing', pathLength: 0 });
    return [[root.client()], [issuing.client(), issuing, upper], [issuing.client({ key: 'rsa2048' }), upper, issuing]];
  });
  const bad = roots.flatMap((root) => {
    const short = root.intermediate({ name: 'Short', pathLength: 0 });
    const below = short.intermediate({ name: 'Below' });
    const client = root.client({ ca: null, eku: [PURPOSE.serverAuth] });
    const stranger = makeRoot({ name: 'Test Intermediate' });
    return [
      [root.server()],
      [below.client(), below, short],
      [root.client({ notAfter: Date.now() - DAY_MS, notBefore: Date.now() - 2 * DAY_MS })],
      [client.client(), client],
      [stranger.client(), stranger],
      ...CERTIFICATE_EXTENSIONS.filter(({ critical }) => critical).map((extension) => {
        const constrained = root.intermediate({ name: 'Constrained', extensions: [extension] });
        return [constrained.server({ san: [{ kind: 'dns', value: 'x.example' }] }), constrained];
      }),
    ];
  });
  return { good, bad, roots };
}

export function pathTarget(): Target {
  const { good, bad, roots } = makeCast();
  const anchors = roots.map(({ facts }) => facts);
  const leaves = new Set(good.map(([leaf]) => leaf?.facts.tbsHash));
  const signed = new Set([...good, ...bad].flat().map(({ facts }) => facts.tbsHash));
  const at = Date.now();
  const options: ValidationOptions = validationOptions.parse({});
  return {
    name: 'path',
    shape: 'der',
    maxBytes: 70_000,
    seeds: [...good, ...bad].map((chain) => sequence(...chain.map(({ der }) => der))),
    run: (input) =>
      readOrRefuse(
        () => readBag(input),
        ([leafDer = new Uint8Array(), ...others]) => {
          const leaf = parseCertificate(leafDer);
          const presented = others.flatMap((der) => readOrNothing(der));
          const result = validatePath({ leaf, presented, anchors, intermediates: [], at, options });
          if (!result.ok) return `${result.refusal.code} ${result.refusal.check}`;
          mustBe(result.path[0] === leaf && leaves.has(leaf.tbsHash), 'who is let in has a certificate that lets in');
          mustBe(
            result.path.slice(1, -1).every(({ tbsHash }) => signed.has(tbsHash)),
            'issuers are as they were signed',
          );
          const last = result.path.at(-1)?.fingerprint;
          mustBe(
            anchors.some(({ fingerprint }) => fingerprint === last),
            'a path ends at an anchor',
          );
          return `${result.path.length}`;
        },
      ),
  };
}

/** The leaf has to be readable; junk behind it is left out. */
function readBag(input: Uint8Array): Uint8Array[] {
  const [leaf = new Uint8Array(), ...others] = insideEach(readWhole(input, 'bag', TAG.sequence), derOf);
  parseCertificate(leaf);
  return [leaf, ...others];
}

function readOrNothing(der: Uint8Array) {
  try {
    return [parseCertificate(der)];
  } catch (error) {
    if (error instanceof Malformed) return [];
    throw error;
  }
}
