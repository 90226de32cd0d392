// A client's certificate that is larger than validation.maxCertificateBytes is refused without being read.

import t from 'tap';
import { checkRefusal, send } from '../kit/client.ts';
import { makePki, startTestGateway } from '../kit/gateway.ts';
import { startUpstream } from '../kit/upstream.ts';

const SITES = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: accept }]\n';

t.test('many names', async (t) => {
  const upstream = await startUpstream(t);
  const pki = makePki();
  const named = (count: number) =>
    pki.issuing.client({
      cn: 'alice',
      san: Array.from(
        { length: count },
        (_, index) => ({ kind: 'dns', value: `name-${index}.partner.example` }) as const,
      ),
    });
  const [few, many] = [named(400), named(800)];
  t.ok(few.der.length < 16 * 1024 && many.der.length > 16 * 1024 && many.der.length < 64 * 1024);
  // So many names would fit into no header.
  const upstreamOptions = 'identityHeaders: [{ X-Serial: serial.decimal }]';
  const gateway = await startTestGateway(t, { pki, upstreamPort: upstream.port, upstreamOptions, yaml: SITES });
  const { port } = gateway;

  t.equal((await send(t, { port, certificate: few })).status, 200);
  t.match(gateway.requests().at(-1), { subject: 'CN=alice', fingerprint: few.facts.fingerprint });
  checkRefusal(t, await send(t, { port, certificate: many }), 'certificate-invalid');
  const line = gateway.requests().at(-1);
  t.match(line, { check: 'encoding', note: /larger than 16384 octets/ });
  t.notOk(line !== undefined && 'subject' in line, 'nothing of it is in the log');

  await gateway.reload({ yaml: `${SITES}validation: { maxCertificateBytes: 64KiB }\n` });
  t.equal((await send(t, { port, certificate: many })).status, 200, 'where it is allowed, it is as good as the other');
  t.match(gateway.requests().at(-1), { subject: 'CN=alice', fingerprint: many.facts.fingerprint });
});
