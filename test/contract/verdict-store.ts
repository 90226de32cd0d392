// What every store of verdicts must do, whatever it is made of.

import type { Test } from 'tap';
import type { VerdictStore } from '../../src/cache/verdict-store.ts';
import type { InvalidVerdict, RevocationAnswer, ValidVerdict, Verdict } from '../../src/model/verdict.ts';
import { makeRoot } from '../kit/pki.ts';

const NOW = Date.UTC(2026, 5, 1);
const HOUR_MS = 3_600_000;

/** A verdict with everything that a verdict can hold. */
export function makeValidVerdict(name: string, validUntil: number): ValidVerdict {
  const root = makeRoot();
  const intermediate = root.intermediate({ name: 'Issuing CA' });
  const client = intermediate.client({ cn: name });
  const good: RevocationAnswer = {
    status: 'good',
    source: 'crl',
    producedAt: NOW - HOUR_MS,
    nextUpdate: NOW + HOUR_MS,
    revokedAt: undefined,
    note: undefined,
  };
  const unknown: RevocationAnswer = {
    status: 'unknown',
    source: undefined,
    producedAt: undefined,
    nextUpdate: undefined,
    revokedAt: undefined,
    note: 'no source',
  };
  const path = [client.facts, intermediate.facts, root.facts];
  return { valid: true, path, revocation: [good, unknown], validUntil };
}

export function makeInvalidVerdict(validUntil: number): InvalidVerdict {
  return { valid: false, refusal: { code: 'certificate-invalid', check: 'path-length', note: 'too long' }, validUntil };
}

/** Equal for two verdicts exactly when they say the same: facts may be other objects, read from the same bytes. */
export function comparable(verdict: Verdict | undefined): unknown {
  if (!verdict?.valid) return verdict;
  return { ...verdict, path: verdict.path.map(({ der }) => Buffer.from(der).toString('base64')) };
}

/** `createStore` gives an empty store each time. The suite brings its own time and never waits for any. */
export async function testVerdictStore(
  t: Test,
  createStore: () => VerdictStore | Promise<VerdictStore>,
): Promise<void> {
  const valid = makeValidVerdict('alice', NOW + HOUR_MS);
  const invalid = makeInvalidVerdict(NOW + HOUR_MS);

  await t.test('what was never kept is not there', async (t) => {
    const store = await createStore();
    t.equal(await store.get('a', NOW), undefined);
  });

  await t.test('a verdict comes back as it was kept, valid or not, under its own key only', async (t) => {
    const store = await createStore();
    await store.set('a', valid, NOW);
    await store.set('b', invalid, NOW);
    t.strictSame(comparable(await store.get('a', NOW)), comparable(valid));
    t.strictSame(comparable(await store.get('b', NOW)), comparable(invalid));
    t.equal(await store.get('c', NOW), undefined);
    t.equal(await store.get('A', NOW), undefined);
  });

  await t.test('facts that come back are facts, not just bytes', async (t) => {
    const store = await createStore();
    await store.set('a', valid, NOW);
    const verdict = await store.get('a', NOW);
    t.ok(verdict?.valid);
    if (!verdict?.valid) return;
    t.equal(verdict.path[0]?.subject.matchKey, valid.path[0]?.subject.matchKey);
    t.equal(verdict.path[1]?.publicKey.spkiHash, valid.path[1]?.publicKey.spkiHash);
    t.equal(verdict.path[2]?.known.basicConstraints?.ca, true);
  });

  await t.test('a verdict is there until it ends, and not at its end', async (t) => {
    for (const verdict of [valid, invalid]) {
      const store = await createStore();
      await store.set('a', verdict, NOW);
      t.ok(await store.get('a', verdict.validUntil - 1));
      t.equal(await store.get('a', verdict.validUntil), undefined);
    }
  });

  await t.test('a verdict that is over when it comes is not kept', async (t) => {
    const store = await createStore();
    // Redis forgets it by its own clock.
    await store.set('a', valid, valid.validUntil - 60_000);
    t.ok(await store.get('a', NOW));
    await store.set('b', valid, valid.validUntil);
    t.equal(await store.get('b', NOW), undefined);
  });

  await t.test('the last verdict under a key counts', async (t) => {
    const store = await createStore();
    await store.set('a', valid, NOW);
    await store.set('a', invalid, NOW);
    t.strictSame(comparable(await store.get('a', NOW)), comparable(invalid));
    await store.set('a', valid, NOW);
    t.strictSame(comparable(await store.get('a', NOW)), comparable(valid));
  });

  await t.test('a verdict that is over takes the place of one that is not', async (t) => {
    const store = await createStore();
    await store.set('a', valid, NOW);
    await store.set('a', { ...invalid, validUntil: NOW }, NOW);
    t.equal(await store.get('a', NOW), undefined);
  });

  await t.test('clear forgets everything', async (t) => {
    const store = await createStore();
    await store.set('a', valid, NOW);
    await store.set('b', invalid, NOW);
    await store.clear();
    t.equal(await store.get('a', NOW), undefined);
    t.equal(await store.get('b', NOW), undefined);
    await store.set('a', valid, NOW);
    t.ok(await store.get('a', NOW));
  });
}
