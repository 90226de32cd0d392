// Which answers are kept, and how many?

import t from 'tap';
import { remembering } from '../../../src/model/remembering.ts';

function setUp() {
  const asked: string[] = [];
  const read = remembering((text) => {
    asked.push(text);
    if (text === 'fault') throw new Error('fault');
    return text === 'none' ? undefined : { text };
  }, 10);
  return { asked, read };
}

t.test('the same text gets the same answer', async (t) => {
  const { asked, read } = setUp();
  t.equal(read('a'), read('a'));
  t.not(read('b'), read('a'));
  t.strictSame(asked, ['a', 'b']);
});

t.test('no answer, a fault and a long text are asked again', async (t) => {
  const { asked, read } = setUp();
  for (let count = 0; count < 2; count++) {
    t.equal(read('none'), undefined);
    t.throws(() => read('fault'), /fault/);
    t.strictSame(read('longer than ten'), { text: 'longer than ten' });
  }
  t.equal(asked.length, 6);
});

t.test('a flood of others begins anew', async (t) => {
  const { asked, read } = setUp();
  read('a');
  for (let count = 0; count < 1024; count++) read(`${count}`);
  read('a');
  t.equal(asked.filter((text) => text === 'a').length, 2);
});
