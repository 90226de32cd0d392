import t from 'tap';
import { makeResponder } from '../../kit/ocsp.ts';
import { startOpensslResponder } from '../../kit/openssl-ocsp.ts';
import { makeRoot } from '../../kit/pki.ts';
import { type AskerOptions, makeAsker } from './ocsp-asker.ts';

const root = makeRoot({ name: 'Root' });
const [alice, bob] = [root.client(), root.client()];

async function ask(url: string, options: AskerOptions = {}) {
  const asker = makeAsker(options);
  return [await asker.ask(alice, url), await asker.ask(bob, url)] as const;
}

async function urlOf(...input: Parameters<typeof startOpensslResponder>): Promise<string> {
  const { url } = await startOpensslResponder(...input);
  return url;
}

t.test('good and revoked, signed by the issuer', async (t) => {
  const { url } = await startOpensslResponder(t, { issuer: root, good: [alice], revoked: [bob] });
  for (const options of [{}, { method: 'get' }, { sendNonce: true }] as const) {
    const [good, revoked] = await ask(url, options);
    t.match(good, { status: 'good', source: 'ocsp', note: undefined }, JSON.stringify(options));
    t.match(revoked, { status: 'revoked', revokedAt: bob.facts.notBefore - (bob.facts.notBefore % 1000) });
    t.equal(revoked.note, 'keyCompromise');
  }
});

t.test('unknown', async (t) => {
  const { url } = await startOpensslResponder(t, { issuer: root, good: [bob] });
  const [unknown, good] = await ask(url);
  t.match(unknown, { status: 'unknown', note: /^OCSP certificate-status: / });
  t.equal(good.status, 'good');
});

t.test('a delegated responder, and one whose certificate has expired', async (t) => {
  for (const words of [[], ['-resp_key_id']]) {
    const options = { issuer: root, good: [alice], words: ['-nmin', '60', ...words] };
    const [good] = await ask(await urlOf(t, { ...options, signer: makeResponder(root) }));
    t.equal(good.status, 'good', words.join());
    const signer = makeResponder(root, { notAfter: Date.now() - 2000 });
    const [unknown] = await ask(await urlOf(t, { ...options, signer }));
    t.match(unknown, { status: 'unknown', note: /^OCSP signer-validity: .* has expired/ }, words.join());
  }
});

t.test('the wrong signer', async (t) => {
  const options = { issuer: root, good: [alice] };
  const stranger = makeResponder(makeRoot({ name: 'Other' }));
  const [byStranger] = await ask(await urlOf(t, { ...options, signer: stranger }));
  t.match(byStranger, { status: 'unknown', note: /^OCSP signer-issuer: / });
  const [byClient] = await ask(await urlOf(t, { ...options, signer: bob }));
  t.match(byClient, { status: 'unknown', note: /^OCSP signer-usage: / });
});

t.test('an answer without an end holds for maxAge', async (t) => {
  const { url } = await startOpensslResponder(t, { issuer: root, good: [alice], words: [] });
  const [good] = await ask(url, { maxAgeMs: 60_000 });
  t.match(good, { status: 'good' });
  t.equal(good.nextUpdate, (good.producedAt ?? 0) + 60_000);
});
