// Options of the sockets: listeners, server certificates, limits and time limits, probes.
//
// They stand here and not in the rooms that obey them, because those rooms lie above this one.

import { z } from 'zod';
import { perAddressOptions, perCertificateOptions } from '../../limits/options.ts';
import { DAY_MS } from '../../model/clock.ts';
import { duration, filePath, size, timeLimit } from '../../model/options.ts';

/** A host name, an IPv4 address or an IPv6 address in brackets, and a port. */
export const addressPattern = /^(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+):\d{1,5}$/;

export const address = z
  .string()
  .regex(addressPattern, 'expected an address and a port, such as 127.0.0.1:8443 or [::1]:8443');

export const listenerOptions = z.strictObject({
  address: address.describe('Address and port to listen on.'),
  minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('Lowest TLS version spoken.'),
  http2: z.boolean().default(true).describe('Speak HTTP/2 beside HTTP/1.1.'),
});

export const certificateOptions = z
  .strictObject({
    cert: filePath.optional().describe('The certificate, leaf first, then its intermediates (PEM).'),
    key: filePath.optional().describe('Its private key (PEM). Not readable by everyone.'),
    pfx: filePath.optional().describe('Certificate and key in one PKCS#12 file, instead of `cert` and `key`.'),
    passwordFile: filePath.optional().describe('File that holds the password of `key` or `pfx`.'),
    hosts: z
      .array(z.string().min(1))
      .min(1)
      .optional()
      .describe('Names it is used for; left out: the certificate’s own.'),
    default: z
      .boolean()
      .default(false)
      .describe('Used for clients that send no SNI too. Without one those are refused.'),
  })
  .describe('A server certificate, chosen by SNI: exact names, then `*.suffix` (one label).');

export const limitsOptions = z
  .strictObject({
    connections: z.int().min(1).default(10_000).describe('Most client connections at a time; more are closed at once.'),
    perAddress: perAddressOptions.prefault({}),
    perCertificate: perCertificateOptions.prefault({}),
    shared: z
      .boolean()
      .default(true)
      .describe('With `cache.redis`: what is taken at other replicas counts here too, about a second later.'),
    eventLoopDelay: timeLimit
      .default(250)
      .describe(
        'How late the event loop may come before new connections and requests of strangers are turned away, for a quarter of a second on end.',
      ),
    headerBytes: size.default(16 * 1024).describe('Largest request head (Node: 16 KiB).'),
    headers: z.int().min(1).max(2000).default(100).describe('Most fields in a request head (Apache: 100).'),
    bodyBytes: size.default(1024 ** 3).describe('Largest request body.'),
    identityBytes: size
      .default(8 * 1024)
      .describe('Most bytes of identity headers; most services take heads of 8 to 16 KiB.'),
    pipelinedRequests: z
      .int()
      .min(1)
      .max(1000)
      .default(16)
      .describe('Most requests of one connection that wait for their answers; a client that sends more is cut off.'),
    streams: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('Most HTTP/2 streams of one connection at a time (RFC 9113: at least 100).'),
    streamResets: z
      .int()
      .min(10)
      .default(200)
      .describe('Most HTTP/2 streams that a client may reset at once; 33 more each second (nghttp2).'),
    controlFrames: z
      .int()
      .min(10)
      .default(200)
      .describe('Most PING and SETTINGS frames of an HTTP/2 connection in ten seconds.'),
    sessionBytes: size
      .default(10 * 1024 ** 2)
      .describe('Memory that streams and fields of one HTTP/2 connection may take (Node: 10 MB).'),
    requestsPerConnection: z.int().min(1).default(10_000).describe('Requests after which a connection is closed.'),
  })
  .describe('What a client may take.');

export const timeoutsOptions = z
  .strictObject({
    handshake: timeLimit.default(10_000).describe('From the TCP connection to the end of the TLS handshake.'),
    head: timeLimit.default(10_000).describe('For a request head to arrive.'),
    request: timeLimit.default(300_000).describe('For a whole request, body included, to arrive (Node: 5m).'),
    idle: timeLimit.default(75_000).describe('How long a connection may wait for its next request (nginx: 75s).'),
    drain: timeLimit.default(30_000).describe('How long requests in flight may go on when the gateway stops.'),
  })
  .describe('How long things may take.');

/** RFC 5077 5.6: a day at most. */
const LONGEST_SESSION_MS = DAY_MS;
const sessionTime = duration.refine(
  (ms) => ms >= 1000 && ms <= LONGEST_SESSION_MS,
  'expected a span of time from 1s to 1d',
);

export const ticketsOptions = z
  .strictObject({
    enabled: z.boolean().default(true).describe('`false`: every handshake is a full one.'),
    lifetime: sessionTime
      .default(300_000)
      .describe('How long a session can be resumed, from its full handshake on (nginx: 5m).'),
    rotation: sessionTime
      .default(28_800_000)
      .describe('How long a key is used. Behind it every session makes a full handshake.'),
    keyFile: filePath
      .optional()
      .describe(
        'Secret that the keys are made from (at least 32 bytes in hexadecimal or base64); the same on every replica. Whoever has it can be any client. Left out: random keys, which never leave the process. Not readable by everyone.',
      ),
  })
  .describe('TLS sessions that are resumed, by tickets only. Each is judged again from its certificate.');

export const reloadOptions = z
  .strictObject({
    watch: z
      .boolean()
      .default(true)
      .describe('Reload by itself when this file, or any file that it names, has changed. `false`: only when told to.'),
  })
  .describe('When the configuration is read again.');

/** Longer than any balancer needs; whoever stops the gateway waits as long. */
const LONGEST_DELAY_MS = 600_000;

export const shutdownOptions = z
  .strictObject({
    delay: duration
      .refine((ms) => ms <= LONGEST_DELAY_MS, 'expected a span of time up to 10m')
      .default(0)
      .describe(
        'How long it goes on as before once /readyz tells that it stops, so that balancers can look elsewhere.',
      ),
  })
  .describe('How the gateway stops; how long requests in flight may take then is `timeouts.drain`.');

export const probesOptions = z
  .strictObject({ address: address.describe('Address and port of /healthz, /readyz and /metrics; no token, no TLS.') })
  .describe('Health and metrics.');

export const refusalOptions = z
  .strictObject({
    contact: z.string().min(1).optional().describe('Whom a refused person may ask; shown in every refusal.'),
    page: filePath
      .optional()
      .describe(
        'HTML file for browsers; {title}, {detail}, {code}, {status}, {substatus}, {contact} and {requestId} are replaced.',
      ),
    detail: z.enum(['full', 'code']).default('full').describe('`code`: refusals say the code only, not what to do.'),
  })
  .describe('What a refused client is shown.');

export const logOptions = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Least level written.'),
    requests: z.boolean().default(true).describe('Write one line for each request.'),
    file: filePath.optional().describe('Where to; left out: standard output.'),
  })
  .describe('The log: one JSON object per line.');

/** Each has a copy of all that is in memory; more than cores are of no use. */
const MOST_WORKERS = 64;

export const workersOption = z
  .union([z.literal('auto'), z.int().min(1).max(MOST_WORKERS)])
  .default(1)
  .describe('Processes that serve clients; `auto`: one for each core. With 1 there is one process for everything.');
