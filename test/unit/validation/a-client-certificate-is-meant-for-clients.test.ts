import t, { type Test } from 'tap';
import { makeRoot, PURPOSE, type TestCertificate } from '../../kit/pki.ts';
import { accepts, askChain, refuses } from './ask.ts';

const ANY_PURPOSE = '2.5.29.37.0';
const SMART_CARD_LOGON = '1.3.6.1.4.1.311.20.2.2';

const root = makeRoot();
const intermediate = root.intermediate();

function acceptsChain(t: Test, leaf: TestCertificate, message: string, eku = ['clientAuth']) {
  accepts(t, askChain(leaf, { options: { eku } }), [leaf, ...leaf.issuers], message);
}

t.test('key usage of the leaf', async (t) => {
  acceptsChain(t, intermediate.client(), 'digitalSignature');
  acceptsChain(t, intermediate.client({ keyUsage: null }), 'none stated');
  const wrong = intermediate.client({ keyUsage: ['keyEncipherment'] });
  refuses(t, askChain(wrong), ['certificate-usage', 'key-usage', wrong], 'keyEncipherment only');
});

t.test('an authority is no client, unless its key usage says so', async (t) => {
  refuses(t, askChain(intermediate), ['certificate-usage', 'key-usage', intermediate], 'certificate signing only');
  acceptsChain(t, root.intermediate({ keyUsage: ['keyCertSign', 'digitalSignature'] }), 'signs handshakes too');
});

t.test('extended key usage of the leaf', async (t) => {
  acceptsChain(t, intermediate.client(), 'clientAuth');
  acceptsChain(t, intermediate.client({ eku: null }), 'none stated is fit for all (RFC 5280 4.2.1.12)');
  acceptsChain(t, intermediate.client({ eku: [PURPOSE.serverAuth, PURPOSE.clientAuth] }), 'both');
  const server = intermediate.client({ eku: [PURPOSE.serverAuth] });
  refuses(t, askChain(server), ['certificate-usage', 'extended-key-usage', server], 'serverAuth only');
  acceptsChain(t, server, 'no demand', ['any']);
  const logon = intermediate.client({ eku: [SMART_CARD_LOGON] });
  refuses(t, askChain(logon), ['certificate-usage', 'extended-key-usage', logon], 'another purpose');
  acceptsChain(t, logon, 'another purpose that is asked for', ['clientAuth', SMART_CARD_LOGON]);
});

t.test('anyExtendedKeyUsage counts only where it is listed', async (t) => {
  const leaf = intermediate.client({ eku: [ANY_PURPOSE] });
  refuses(t, askChain(leaf), ['certificate-usage', 'extended-key-usage', leaf], 'not listed');
  acceptsChain(t, leaf, 'listed', ['clientAuth', ANY_PURPOSE]);
});

t.test('an authority limits what it issues for', async (t) => {
  acceptsChain(t, root.intermediate({ eku: [PURPOSE.clientAuth] }).client(), 'an authority for clients');
  const forServers = root.intermediate({ eku: [PURPOSE.serverAuth] });
  const leaf = forServers.client();
  refuses(t, askChain(leaf), ['certificate-usage', 'extended-key-usage', forServers], 'an authority for servers');
  refuses(
    t,
    askChain(forServers.client({ eku: null })),
    ['certificate-usage', 'extended-key-usage', forServers],
    'also where the leaf states nothing',
  );
  acceptsChain(t, leaf, 'no demand', ['any']);
  const rootForServers = makeRoot({ eku: [PURPOSE.serverAuth] });
  refuses(
    t,
    askChain(rootForServers.client()),
    ['certificate-usage', 'extended-key-usage', rootForServers],
    'an anchor for servers',
  );
});

t.test('one purpose must be left over by the whole path', async (t) => {
  const eku = ['clientAuth', SMART_CARD_LOGON];
  const forClients = root.intermediate({ eku: [PURPOSE.clientAuth] });
  acceptsChain(t, forClients.client({ eku: [PURPOSE.clientAuth, SMART_CARD_LOGON] }), 'clientAuth is', eku);
  refuses(
    t,
    askChain(forClients.client({ eku: [SMART_CARD_LOGON] }), { options: { eku } }),
    ['certificate-usage', 'extended-key-usage', forClients],
    'each has an accepted one, but no one has both',
  );
  const forLogon = makeRoot({ eku: [SMART_CARD_LOGON] });
  refuses(
    t,
    askChain(forLogon.intermediate({ eku: [PURPOSE.clientAuth] }).client({ eku: null }), { options: { eku } }),
    ['certificate-usage', 'extended-key-usage', forLogon],
    'nor between authorities',
  );
});

t.test('netscape-cert-type, which OpenSSL heeds: a forged issuer in front must not be a way round it', async (t) => {
  const typed = (octets: number[], critical = false) => ({
    extensions: [{ oid: '2.16.840.1.113730.1.1', critical, value: Uint8Array.from([0x03, ...octets]) }],
  });
  const SSL_CLIENT = [0x02, 0x07, 0x80];
  const SSL_SERVER = [0x02, 0x06, 0x40];
  const SSL_CA = [0x02, 0x02, 0x04];
  const CHECK = 'extended-key-usage';
  acceptsChain(t, intermediate.client(typed(SSL_CLIENT)), 'for clients');
  const server = intermediate.client(typed(SSL_SERVER));
  refuses(t, askChain(server), ['certificate-usage', CHECK, server], 'for servers');
  acceptsChain(t, server, 'no demand', ['any']);
  const broken = intermediate.client(typed([0x01, 0x00, 0x00]));
  refuses(t, askChain(broken), ['certificate-usage', CHECK, broken], 'that nobody can read');
  acceptsChain(t, root.intermediate(typed(SSL_CA)).client(), 'an authority');
  const noAuthority = root.intermediate(typed(SSL_SERVER));
  refuses(t, askChain(noAuthority.client()), ['certificate-usage', CHECK, noAuthority], 'an authority without sslCA');
});
