import t from 'tap';
import { createStripper } from '../../../src/headers/strip.ts';
import { createTrailerFilter } from '../../../src/headers/trailer.ts';

const blocked = createTrailerFilter(createStripper(['X-DN']));

t.test('ordinary trailers pass', async (t) => {
  for (const name of ['X-Checksum', 'Digest', 'ETag', 'Server-Timing', 'grpc-status'])
    t.equal(blocked(name), false, name);
});

t.test('identity, forwarding, framing, routing and authentication do not', async (t) => {
  const names = ['X-Client-Subject', 'x_client_verify', 'X.DN', 'X-Forwarded-For', 'X-Request-Id'];
  names.push(
    'Content-Length',
    'Content_Length',
    'Transfer-Encoding',
    'Connection',
    'Trailer',
    'TE',
    'Proxy-Authorization',
  );
  names.push('Host', 'Authorization', 'cookie', 'Content-Type', 'Content-Encoding', 'Origin', 'Expect');
  for (const name of names) t.equal(blocked(name), true, name);
});
