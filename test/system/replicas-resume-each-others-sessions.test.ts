// Replicas that share a secret resume each other's sessions. Without one nobody but the process itself does; who has it can
// be anyone, as far as a certificate that is public can bring him.

import t, { type Test } from 'tap';
import { createTickets } from '../../src/listener/tickets.ts';
import { changeTicket, forgeSession } from '../kit/forge-session.ts';
import { type GatewayOptions, makePki, startTestGateway } from '../kit/gateway.ts';
import { visit } from '../kit/session-client.ts';
import { startUpstream } from '../kit/upstream.ts';

const HOUR_MS = 3_600_000;
const pki = makePki();
const { root, issuing, foreign } = pki;
const server = root.server({ notAfter: Date.now() + 2160 * HOUR_MS });
const alice = issuing.client({ cn: 'alice' });

const SITE = 'sites: [{ hosts: [localhost], trust: corporate, upstream: app, clientCertificate: require }]';
const SHARED = `tickets: { keyFile: tickets.key }\n${SITE}`;
const secretOf = (digit: string) => digit.repeat(64);
/** One for both, so that the key does not turn between them. */
const now = Date.now();

async function start(t: Test, secret: string | undefined, options: Partial<GatewayOptions> = {}) {
  const upstream = await startUpstream(t);
  const { port, requests, lines } = await startTestGateway(t, {
    pki,
    server,
    clock: () => now,
    yaml: secret === undefined ? SITE : SHARED,
    upstreamPort: upstream.port,
    ...options,
    files: { ...(secret !== undefined && { 'tickets.key': `${secret}\n` }), ...options.files },
  });
  return { port, requests, lines, upstream };
}

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`${version}: by the secret`, async (t) => {
    const one = await start(t, secretOf('a'));
    const { session } = await visit(t, { port: one.port, version, certificate: alice });
    t.match(await visit(t, { port: one.port, version, session }), { resumed: true, status: 200 });
    const same = await start(t, secretOf('A'));
    t.match(await visit(t, { port: same.port, version, session }), { resumed: true, status: 200 });
    t.match(same.requests(), [{ resumed: true, subject: 'CN=alice' }]);
    for (const [name, secret, options] of [
      ['another secret', secretOf('b'), {}],
      ['none', undefined, {}],
      ['other authorities', secretOf('a'), { files: { 'ca.pem': root.pem + foreign.pem } }],
      ['another rotation', secretOf('a'), { yaml: `tickets: { keyFile: tickets.key, rotation: 1h }\n${SITE}` }],
    ] as const) {
      const other = await start(t, secret, options);
      const there = { port: other.port, version, session };
      t.match(await visit(t, there), { resumed: false, status: 403, code: 'certificate-required' }, name);
      t.match(await visit(t, { ...there, certificate: alice }), { resumed: false, status: 200 }, name);
    }
    const alone = await start(t, undefined);
    const own = await visit(t, { port: alone.port, version, certificate: alice });
    const twin = await start(t, undefined);
    const there = await visit(t, { port: twin.port, version, session: own.session });
    t.match(there, { resumed: false, status: 403 }, 'two processes without a secret have nothing in common');
    t.notMatch(JSON.stringify([one.lines, same.lines]), new RegExp(secretOf('a'), 'i'), 'no line tells it');
  });

  t.test(`${version}: an intermediate that only one of them has seen`, async (t) => {
    const files = { 'ca.pem': root.pem };
    const one = await start(t, secretOf('a'), { files });
    const two = await start(t, secretOf('a'), { files });
    const { session } = await visit(t, { port: one.port, version, certificate: alice });
    t.match(await visit(t, { port: one.port, version, session }), { resumed: true, status: 200 });
    const there = { port: two.port, version, certificate: alice, session };
    const unknown = await visit(t, there);
    t.match(unknown, { resumed: true, status: 403, code: 'certificate-untrusted', closed: true });
    t.equal(two.upstream.received.length, 0);
    t.match(await visit(t, there), { resumed: false, status: 200 }, 'the full handshake behind it brings it along');
    t.match(await visit(t, { ...there, from: 2 }), { resumed: true, status: 200 }, 'and others resume from then on');
  });

  t.test(`${version}: under every mode an unknown path is refused and never passed on`, async (t) => {
    const files = { 'ca.pem': root.pem };
    const one = await start(t, secretOf('a'), { files });
    const { session } = await visit(t, { port: one.port, version, certificate: alice });
    for (const [mode, from] of [
      ['accept', 2],
      ['forward-unverified', 3],
    ] as const) {
      const two = await start(t, secretOf('a'), { files, yaml: SHARED.replace('require', mode) });
      const there = { port: two.port, version, certificate: alice, session, from };
      const unknown = await visit(t, there);
      t.match(unknown, { resumed: true, status: 403, code: 'certificate-untrusted', closed: true }, mode);
      t.equal(two.upstream.received.length, 0);
      t.match(await visit(t, there), { resumed: false, status: 200 }, mode);
      t.match(two.upstream.last().rawHeaders.join(), /X-Client-Verify,SUCCESS/i, mode);
    }
  });

  t.test(`${version}: a ticket that somebody else has made`, async (t) => {
    const { port, upstream } = await start(t, secretOf('a'));
    const stranger = foreign.client({ cn: 'stranger' });
    const own = await visit(t, { port, version, certificate: stranger, from: 2 });
    t.match(own, { resumed: false, status: 403, code: 'certificate-untrusted' });
    const forge = (secret: string, der: Uint8Array) => {
      const settings = { enabled: true, lifetimeMs: 300_000, rotationMs: 8 * HOUR_MS };
      const tickets = createTickets({ ...settings, secret: Buffer.from(secret, 'hex') });
      return forgeSession(own.session, tickets.keyAt(now), der);
    };
    const expired = issuing.client({ cn: 'alice', notAfter: now - HOUR_MS / 2 });
    const late = await visit(t, { port, version, session: forge(secretOf('a'), expired.der), from: 3 });
    t.match(late, { resumed: true, status: 403, code: 'certificate-expired' }, 'it is judged as any other');
    t.equal(upstream.received.length, 0);
    const anyone = await visit(t, { port, version, session: forge(secretOf('a'), alice.der), from: 4 });
    t.match(anyone, { resumed: true, status: 200 }, 'with the secret, anyone: which is what SECURITY.md says of it');
    t.throws(() => forge(secretOf('b'), alice.der), 'without it, not even the own ticket can be read');
    for (const at of [0, 16, 40, -40, -1]) {
      const session = changeTicket(own.session, (ticket) => {
        const changed = Buffer.from(ticket);
        changed.writeUInt8((changed.at(at) ?? 0) ^ 1, (at + ticket.length) % ticket.length);
        return changed;
      });
      const found = await visit(t, { port, version, session, from: 5 });
      t.match(found, { resumed: false, code: 'certificate-required' }, `with a bit at ${at} turned it is no ticket`);
    }
  });
}
