// Requests to the admin API that are nobody's were counted by the whole IPv6 address: whoever has a /64 had as many as he liked.

import type { FastifyRequest } from 'fastify';
import t from 'tap';
import { createAccess, createToken } from '../../src/admin/access.ts';
import { createDoorkeeper } from '../../src/admin/admit.ts';
import { adminLimitsOptions } from '../../src/config/options/admin.ts';

t.test('by the network', async (t) => {
  const { token, hash } = createToken();
  const access = createAccess([{ name: 'ops', role: 'operator', hash }], undefined);
  const limits = adminLimitsOptions.parse({ failures: 2, failuresPerMinute: 0.001 });
  const door = createDoorkeeper({ access: () => access, evidenceOf: () => undefined, limits, clock: Date.now });
  const ask = (ip: string, headers = {}) => door.admit({ ip, headers } as FastifyRequest);
  const good = { authorization: `Bearer ${token}` };
  t.match(await ask('2001:db8:0:1::1', good), { name: 'token ops' });
  for (const ip of ['2001:db8:0:1::1', '2001:db8:0:1::2']) t.match(await ask(ip), { problem: 'token-required' });
  t.match(await ask('2001:db8:0:1:ffff::3'), { problem: 'too-many-requests' });
  t.match(await ask('2001:db8:0:2::1'), { problem: 'token-required' }, 'another network has its own');
  t.match(await ask('2001:db8:0:1::1', good), { name: 'token ops' }, 'nobody is kept out who has a token');
  for (const ip of ['::ffff:192.0.2.1', '192.0.2.1']) t.match(await ask(ip), { problem: 'token-required' });
  t.match(await ask('::ffff:192.0.2.1'), { problem: 'too-many-requests' }, 'IPv4 is IPv4, however it is written');
});
