// Who gets a place, and when?

import t from 'tap';
import { createSlots } from '../../../src/upstream/slots.ts';

const settled = () => new Promise((resolve) => setImmediate(resolve));

t.test('as many as there are places, then in the order of arrival', async (t) => {
  const slots = createSlots(2);
  const started: string[] = [];
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => slots.take(() => started.push(name)));
  t.same(started, [], 'never before take has returned');
  await settled();
  t.same(started, ['a', 'b']);
  c?.();
  b?.();
  b?.();
  await settled();
  t.same(started, ['a', 'b', 'd'], 'who left the line is passed over');
  a?.();
  d?.();
  slots.take(() => started.push('e'));
  slots.take(() => started.push('f'));
  slots.take(() => started.push('g'));
  await settled();
  t.same(started, ['a', 'b', 'd', 'e', 'f'], 'giving back twice makes no second place');
});

t.test('a place given back at once is not used', async (t) => {
  const slots = createSlots(1);
  const started: string[] = [];
  slots.take(() => started.push('a'))();
  slots.take(() => started.push('b'));
  await settled();
  t.same(started, ['b']);
});
