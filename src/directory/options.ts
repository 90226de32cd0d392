// Options of the directory: where its database is, and how long the last answer counts while it is away.

import { z } from 'zod';
import { DAY_MS } from '../model/clock.ts';
import { duration, filePath } from '../model/options.ts';
import { readPostgresUrl, readSqliteUrl } from './urls.ts';

export const directoryOptions = z
  .strictObject({
    url: z
      .string()
      .refine(
        (url) => readSqliteUrl(url) !== undefined || readPostgresUrl(url) !== undefined,
        'expected sqlite: and a file, or a URL such as postgres://portcullis@db.example:5432/clients',
      )
      .default('sqlite:../data/clients.db')
      .describe('The database: `sqlite:` and a file (one host), or `postgres://user@host:port/database` (fleets).'),
    passwordFile: filePath
      .optional()
      .describe('File that holds the password for PostgreSQL. Not readable by everyone.'),
    tls: z
      .strictObject({
        ca: z
          .union([z.literal('system'), filePath])
          .describe('Authorities that vouch for PostgreSQL: a file, or `system` for the public ones.'),
        serverName: z
          .string()
          .min(1)
          .optional()
          .describe('Name expected in its certificate; left out: the host connected to.'),
      })
      .optional()
      .describe('Speak TLS to PostgreSQL. The server is always verified.'),
    connections: z
      .int()
      .min(2)
      .max(100)
      .default(4)
      .describe('Most connections to PostgreSQL, beside the one that listens for news.'),
    staleness: duration
      .refine((ms) => ms <= DAY_MS, 'expected at most 1d')
      .default(0)
      .describe(
        'How long the last answer counts after the database could not be asked for a second; then requests that need it are refused with 503.',
      ),
  })
  .describe('The database of clients.');

export type DirectoryOptions = z.output<typeof directoryOptions>;
