// The thread behind `read-crls.ts`: reads the lists of one file, answers once, and ends.

import { parentPort, workerData } from 'node:worker_threads';
import { packCrl } from '../x509/crl.ts';
import { readCrls } from '../x509/files.ts';
import type { CrlBytes, PackedCrls } from './read-crls.ts';

if (parentPort === null) throw new Error('started as something else than this thread');
const { bytes, most }: CrlBytes = workerData;
const { crls, problems } = readCrls(bytes, most);
const answer: PackedCrls = { crls: crls.map(({ facts, line }) => ({ packed: packCrl(facts), line })), problems };
// Handed over, not copied. Lists of one PKCS#7 bag share a buffer.
const buffers = answer.crls.flatMap(({ packed }) => [packed.der.buffer, packed.table.places.buffer]);
parentPort.postMessage(answer, [...new Set(buffers)]);
