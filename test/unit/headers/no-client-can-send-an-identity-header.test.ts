import t from 'tap';
import { FORMATS } from '../../../src/headers/formats.ts';
import { createStripper } from '../../../src/headers/strip.ts';

const SPELLINGS: readonly ((name: string) => string)[] = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase(),
  (name) => name.replaceAll('-', '_'),
  (name) => name.replaceAll('-', '.'),
  (name) => name.replace('-', '_'),
  (name) => name.replaceAll('-', '!'),
  (name) => name.toUpperCase().replaceAll('-', '~'),
];

const spellingsOf = (names: readonly string[]) => names.flatMap((name) => SPELLINGS.map((spell) => spell(name)));

const IDENTITY_NAMES = [
  ...Object.values(FORMATS).flatMap(({ headers }) => headers.map(({ name }) => name)),
  // Names in use behind other front ends, and names that a later version may write.
  'X-Client-DN',
  'X-Client-Roles',
  'X-SSL',
  'X-SSL-CERT',
  'X-SSL-Client-SHA1',
  'X-SSL-Issuer',
  'SSL-Client-M-Serial',
  'X-ARR-SSL',
  'MS-ASPNETCORE-CLIENTCERT',
  'MS-ASPNETCORE-TOKEN',
  'X-Pomerium-Jwt-Assertion',
  'X-Pomerium-Claim-Email',
  'Cert-Subject',
  'Client-Cert-Whatever',
];

const FORWARDING_NAMES = [
  'Forwarded',
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-User',
  'X-Forwarded-Prefix',
  'X-Real-IP',
  'X-Original-URL',
  'X-Original-Host',
  'X-Rewrite-URL',
  'X-Request-Id',
];

const ORDINARY_NAMES = [
  'Accept',
  'Authorization',
  'Certificate-Transparency',
  'Client-Version',
  'Clients',
  'Content-Length',
  'content-type',
  'Cookie',
  'Expect-CT',
  'If-None-Match',
  'Origin',
  'Sec-WebSocket-Key',
  'SSL',
  'Transfer-Encoding',
  'User-Agent',
  'X-Array',
  'X-Certain',
  'X-Clients',
  'X-Correlation-Id',
  'X-DN',
  'X-Forward',
  'X-Originator',
  'X-Requested-With',
  'X_Custom_Thing',
  '__proto__',
];

t.test('identity headers of every format are stripped from requests and answers, in every spelling', async (t) => {
  const stripper = createStripper([]);
  for (const name of spellingsOf(IDENTITY_NAMES)) {
    t.equal(stripper.blockedRequest(name), true, `request: ${name}`);
    t.equal(stripper.blockedAnswer(name), true, `answer: ${name}`);
  }
});

t.test('forwarding headers are stripped from requests only', async (t) => {
  const stripper = createStripper([]);
  for (const name of spellingsOf(FORWARDING_NAMES)) {
    t.equal(stripper.blockedRequest(name), true, `request: ${name}`);
    const isOfConnection = name === 'Transfer-Encoding';
    t.equal(stripper.blockedAnswer(name), isOfConnection, `answer: ${name}`);
  }
});

t.test('ordinary headers pass', async (t) => {
  const stripper = createStripper([]);
  for (const name of ORDINARY_NAMES) {
    t.equal(stripper.blockedRequest(name), false, `request: ${name}`);
    const isOfConnection = name === 'Transfer-Encoding';
    t.equal(stripper.blockedAnswer(name), isOfConnection, `answer: ${name}`);
  }
});

t.test('framing headers pass in their own spelling only', async (t) => {
  const stripper = createStripper([]);
  for (const name of ['Content-Length', 'Content-Type', 'Transfer-Encoding']) {
    t.equal(stripper.blockedRequest(name), false, name);
    t.equal(stripper.blockedRequest(name.replace('-', '_')), true, name.replace('-', '_'));
    t.equal(stripper.blockedRequest(name.replace('-', '.')), true, name.replace('-', '.'));
  }
});

t.test('a custom header is stripped once it is known, and only its own name', async (t) => {
  const before = createStripper([]);
  const after = createStripper(['X-DN', 'Employee-Number']);
  for (const name of spellingsOf(['X-DN', 'Employee-Number'])) {
    t.equal(before.blockedRequest(name), false, name);
    t.equal(after.blockedRequest(name), true, name);
    t.equal(after.blockedAnswer(name), true, name);
  }
  t.equal(after.blockedRequest('X-DN-Other'), false);
});

t.test('a flood of names changes no judgement', async (t) => {
  const stripper = createStripper(['X-DN']);
  for (let index = 0; index < 5000; index++) {
    t.equal(stripper.blockedRequest(`X-Flood-${index}`) || stripper.blockedAnswer(`X-Flood-${index}`), false);
    t.equal(stripper.blockedRequest(`X_Client_${index}`) && stripper.blockedAnswer(`X_Client_${index}`), true);
  }
  t.equal(stripper.blockedRequest('x_dn'), true);
  t.equal(stripper.blockedRequest('Accept'), false);
  t.equal(stripper.blockedRequest(`X-Client-${'a'.repeat(10_000)}`), true);
  t.equal(stripper.blockedRequest('a'.repeat(10_000)), false);
});
