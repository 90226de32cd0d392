// A log that could not be written ended the process with the first line that failed.

import t from 'tap';
import { send } from '../kit/client.ts';
import { makeFolder, makePki, writeConfiguration } from '../kit/gateway.ts';
import { startProcess } from '../kit/process.ts';
import { startUpstream } from '../kit/upstream.ts';

t.test('requests are served', { skip: process.platform !== 'linux' && 'no /dev/full' }, async (t) => {
  t.pass('todo');
});
