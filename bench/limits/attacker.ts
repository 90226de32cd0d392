// The thread of the attackers: what they do costs the bench's own measuring nothing.

import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { ATTACKS, type AttackName } from './attacks.ts';

export interface Orders {
  readonly name: AttackName;
  readonly count: number;
  readonly port: number;
}

export interface Outcome {
  readonly text: string;
  readonly failed: boolean;
}

const { name, count, port } = workerData as Orders;
const attack = ATTACKS[name](count);
parentPort?.postMessage('ready');
if (parentPort) await once(parentPort, 'message');
const outcome = await attack({ port }).then(
  (text): Outcome => ({ text, failed: false }),
  (error: unknown): Outcome => ({ text: String(error), failed: true }),
);
parentPort?.postMessage(outcome);
parentPort?.close();
