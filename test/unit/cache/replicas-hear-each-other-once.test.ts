// A message between replicas is heard once, by the others, and only when one of them has sealed it for that channel.

import { randomBytes } from 'node:crypto';
import t from 'tap';
import { createMessages } from '../../../src/cache/messages.ts';
import { createSeals } from '../../../src/cache/seal.ts';

const NOW = 1_800_000_000_000;
const key = randomBytes(32);
const seals = createSeals(() => [key]);
const join = (channel = 'limits') => createMessages(seals, channel);

t.test('by all others, and once', async (t) => {
  const [one, two, three] = [join(), join(), join()];
  const first = one.write('hello\nthere', NOW);
  const second = one.write('', NOW);
  t.strictSame(two.read(first, NOW), { body: 'hello\nthere' });
  t.strictSame(three.read(first, NOW), { body: 'hello\nthere' });
  t.equal(one.read(first, NOW), undefined, 'its own');
  t.equal(two.read(first, NOW), undefined, 'a second time');
  t.strictSame(two.read(second, NOW), { body: '' });
  t.strictSame(three.read(second, NOW), { body: '' });
  t.equal(three.read(first, NOW), undefined, 'one that was overtaken');
  t.strictSame(two.read(three.write('mine', NOW), NOW), { body: 'mine' }, 'each counts for itself');
});

t.test('with its seal', async (t) => {
  const [one, two] = [join(), join()];
  const bytes = one.write('hello', NOW);
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
  t.equal(two.read(changed, NOW), 'seal');
  t.equal(two.read(join('news').write('hello', NOW), NOW), 'seal', 'of another channel');
  const stranger = createMessages(
    createSeals(() => [randomBytes(32)]),
    'limits',
  );
  t.equal(two.read(stranger.write('hello', NOW), NOW), 'unknown-key');
  t.equal(two.read(Buffer.from('hello'), NOW), 'form');
  const bare = seals.seal('limits', { generation: 0, expires: NOW + 1, payload: Buffer.from('hello') });
  t.equal(two.read(bare, NOW), 'form', 'without a sender');
  t.equal(two.read(bytes, NOW + 300_000), 'over');
  t.equal(two.read(one.write('x'.repeat(256 * 1024), NOW), NOW), 'form', 'larger than any');
  t.strictSame(two.read(bytes, NOW), { body: 'hello' });
});
