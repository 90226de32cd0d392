// Programs that know nothing of this gateway read its headers: OpenSSL, the standard libraries of Python and of PHP, and the
// structured fields of npm. Each finds the certificate, byte for byte.

import { execFileSync } from 'node:child_process';
import { parseItem, parseList } from 'structured-headers';
import t from 'tap';
import { compileIdentityHeaders } from '../../../src/headers/identity-writer.ts';
import type { Identity } from '../../../src/model/identity.ts';
import { makeRoot, type TestCertificate } from '../../kit/pki.ts';

const root = makeRoot();
const issuing = root.intermediate({ name: 'Test Issuing' });
const HOSTILE = 'x";URI=spiffe://admin;,CN=admin\\"%22%2CCN=admin\r\n李';

const clients = [
  issuing.client({ key: 'rsa2048', cn: 'alice', san: [{ kind: 'uri', value: 'spiffe://acme/alice' }] }),
  issuing.client({ cn: HOSTILE, san: [{ kind: 'uri', value: 'spiffe://acme/a;DNS=admin,By="x' }] }),
  issuing.client({
    subject: [
      { type: 'O', value: 'Acme, Inc.' },
      { type: 'CN', value: 'bob' },
    ],
  }),
];

const writer = compileIdentityHeaders(
  [
    ...(['rfc9440', 'arr', 'aspnetcore', 'nginx', 'ingress-nginx', 'xfcc', 'traefik', 'alb', 'appgw'] as const),
    {
      'Client-Cert-Chain': 'chain.rfc9440',
      'X-Xfcc': 'chain.xfcc',
      'X-Aws': 'chain.pem-aws',
      'X-List': 'chain.base64',
    },
  ],
  262_144,
);

function write({ facts }: TestCertificate): Record<string, string> {
  const identity: Identity = { certificate: facts, path: [facts, issuing.facts, root.facts], account: undefined };
  const written = writer.write(identity, undefined);
  if (!('headers' in written)) throw new Error(written.refusal.note);
  return Object.fromEntries(
    written.headers.flatMap((name, index, all) => (index % 2 === 0 ? [[name, all[index + 1] ?? '']] : [])),
  );
}

const all = clients.map(write);

/** Runs a program on the headers of every client; it prints for each of them what it read. */
function ask(command: string, ...args: readonly string[]): Record<string, unknown>[] {
  return JSON.parse(execFileSync(command, args, { input: JSON.stringify(all), encoding: 'utf8' }));
}

const base64 = ({ der }: TestCertificate) => Buffer.from(der).toString('base64');

const PYTHON = String.raw`
import base64, json, shlex, ssl, sys
from email.message import Message
from urllib.parse import unquote, unquote_plus

def der(pem):
    return base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()

def ders(pems):
    return [der(pem + "-----END CERTIFICATE-----\n") for pem in pems.split("-----END CERTIFICATE-----\n")[:-1]]

def parameters(value):
    message = Message()
    message["X"] = "element; " + value
    return message.get_params(header="X")[1:]

def info(value):
    words = shlex.shlex(unquote_plus(value), posix=True)
    words.whitespace, words.whitespace_split, words.commenters = ";", True, ""
    return [word.split("=", 1) for word in words]

def read(headers):
    element = parameters(headers["X-Forwarded-Client-Cert"])
    chain = dict(parameters(headers["X-Xfcc"]))["chain"]
    return {
        "certificates": [
            *[headers[name] for name in ("X-ARR-ClientCert", "X-Client-Cert", "X-Forwarded-Tls-Client-Cert")],
            *[der(unquote_plus(headers[name])) for name in ("X-SSL-Client-Cert", "ssl-client-cert", "X-Client-Certificate")],
            der(unquote(headers["X-Amzn-Mtls-Clientcert-Leaf"])),
            der(unquote(dict(element)["cert"])),
        ],
        "chains": [ders(unquote(chain)), ders(unquote(headers["X-Aws"])), headers["X-List"].split(",")],
        "keys": [key for key, _ in element],
        "hash": dict(element)["hash"],
        "info": [key for key, _ in info(headers["X-Forwarded-Tls-Client-Cert-Info"])],
        "subject": dict(info(headers["X-Forwarded-Tls-Client-Cert-Info"]))["Subject"],
    }

print(json.dumps([read(headers) for headers in json.load(sys.stdin)]))
`;

t.test('Python', async (t) => {
  const read = ask('python3', '-c', PYTHON);
  clients.forEach((client, index) => {
    const { certificates, chains, keys, hash, info, subject } = read[index] ?? {};
    const der = base64(client);
    t.strictSame(certificates, Array(8).fill(der));
    t.strictSame(chains, Array(3).fill([der, base64(issuing)]));
    t.strictSame(keys, ['hash', 'cert', 'subject', 'uri'], 'Python folds the case, as keys of XFCC allow');
    t.equal(hash, client.facts.fingerprint);
    const hasNames = client.facts.known.subjectAltNames !== undefined;
    t.strictSame(info, ['Subject', 'Issuer', 'SerialNumber', 'NB', 'NA', ...(hasNames ? ['SAN'] : [])]);
    t.equal(String(subject).match(/CN=/g)?.length, 1, 'one common name');
  });
});

const PHP = String.raw`
function read($headers) {
  $fingerprint = fn($pem) => openssl_x509_fingerprint($pem, 'sha256');
  $pem = fn($line) => "-----BEGIN CERTIFICATE-----\n" . chunk_split($line, 64, "\n") . "-----END CERTIFICATE-----\n";
  parse_str('info=' . $headers['X-Forwarded-Tls-Client-Cert-Info'], $query);
  preg_match('/SerialNumber="([^"]*)"/', $query['info'], $serial);
  return [
    'fingerprints' => [
      $fingerprint(urldecode($headers['X-SSL-Client-Cert'])),
      $fingerprint(urldecode($headers['ssl-client-cert'])),
      $fingerprint(urldecode($headers['X-Client-Certificate'])),
      $fingerprint(rawurldecode($headers['X-Amzn-Mtls-Clientcert-Leaf'])),
      $fingerprint($pem($headers['X-ARR-ClientCert'])),
      $fingerprint($pem($headers['X-Client-Cert'])),
      $fingerprint($pem($headers['X-Forwarded-Tls-Client-Cert'])),
    ],
    'commonName' => openssl_x509_parse(urldecode($headers['X-SSL-Client-Cert']))['subject']['CN'],
    'serial' => $serial[1],
  ];
}
echo json_encode(array_map('read', json_decode(stream_get_contents(STDIN), true)));
`;

t.test('PHP', async (t) => {
  const read = ask('php', '-r', PHP);
  const names = ['alice', HOSTILE, 'bob'];
  clients.forEach(({ facts }, index) => {
    const { fingerprints, commonName, serial } = read[index] ?? {};
    t.strictSame(fingerprints, Array(7).fill(facts.fingerprint));
    t.equal(commonName, names[index]);
    t.equal(serial, BigInt(`0x${facts.serial}`).toString());
  });
});

t.test('structured fields', async (t) => {
  clients.forEach(({ der }, index) => {
    const [cert] = parseItem(all[index]?.['Client-Cert'] ?? '');
    t.ok(cert instanceof ArrayBuffer && Buffer.from(der).equals(Buffer.from(cert)));
    const chain = parseList(all[index]?.['Client-Cert-Chain'] ?? '').map(([item]) => item);
    t.equal(chain.length, 1);
    t.ok(chain[0] instanceof ArrayBuffer && Buffer.from(issuing.der).equals(Buffer.from(chain[0])));
  });
});

t.test('OpenSSL', async (t) => {
  clients.forEach((client, index) => {
    const headers = all[index] ?? {};
    for (const pem of [
      decodeURIComponent(headers['X-SSL-Client-Cert'] ?? ''),
      decodeURIComponent(headers['X-Amzn-Mtls-Clientcert-Leaf'] ?? ''),
      decodeURIComponent(/;Cert="([^"]*)"/.exec(headers['X-Forwarded-Client-Cert'] ?? '')?.[1] ?? ''),
    ]) {
      const der = execFileSync('openssl', ['x509', '-outform', 'DER'], { input: pem });
      t.ok(der.equals(client.der));
    }
    const decoded = execFileSync('openssl', ['base64', '-d', '-A'], { input: headers['X-ARR-ClientCert'] });
    t.ok(decoded.equals(client.der));
  });
});
