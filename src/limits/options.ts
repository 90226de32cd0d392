// Options of what one address or one certificate may take.

import { z } from 'zod';
import { duration } from '../model/options.ts';

/** Below a second a rate of one each second would let nothing pass; above an hour a bucket forgives nothing. */
const burst = duration
  .refine((ms) => ms >= 1000 && ms <= 3_600_000, 'expected a span of time from 1s to 1h')
  .default(10_000)
  .describe('How much of each rate may come at once: what it lets pass in that time.');

const connections = z.int().min(1).default(1_000);
const handshakesPerSecond = z.int().min(1).default(100);
const requestsPerSecond = z.int().min(1).default(1_000);

export const perAddressOptions = z
  .strictObject({
    connections: connections.describe('Most client connections at a time.'),
    handshakesPerSecond: handshakesPerSecond.describe(
      'TLS handshakes each second, on average; one that fails, or whose certificate OpenSSL does not trust, counts ten times for each KiB that it brought.',
    ),
    requestsPerSecond: requestsPerSecond.describe('Requests each second, on average.'),
    burst,
  })
  .describe(
    'What one IPv4 address or one /64 of IPv6 may take. Behind a trusted proxy each client has requests of its own, by X-Forwarded-For.',
  );

export const perCertificateOptions = z
  .strictObject({
    connections: connections.describe('Most connections at a time.'),
    requests: z.int().min(1).default(1_000).describe('Most requests at a time, open streams among them.'),
    handshakesPerSecond: handshakesPerSecond.describe('TLS handshakes each second, on average.'),
    requestsPerSecond: requestsPerSecond.describe('Requests each second, on average.'),
    burst,
  })
  .describe('What the holder of one private key may take, from all addresses and with all its certificates.');
