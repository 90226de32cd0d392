// The thread behind `read-crls.ts`: reads the lists of one file, answers once, and ends.

import { parentPort, workerData } from 'node:worker_threads';
import { packCrl } from '../x509/crl.ts';
import { readCrls } from '../x509/files.ts';
import type { PackedCrls } from './read-crls.ts';

const bytes: unknown = workerData;
if (parentPort === null || !(bytes instanceof Uint8Array))
  throw new Error('started as something else than this thread');
const { crls, problems } = readCrls(bytes);
const answer: PackedCrls = { crls: crls.map(({ facts, line }) => ({ packed: packCrl(facts), line })), problems };
// Handed over, not copied. Lists of one PKCS#7 bag share a buffer.
const buffers = answer.crls.flatMap(({ packed }) => [packed.der.buffer, packed.table.places.buffer]);
parentPort.postMessage(answer, [...new Set(buffers)]);
