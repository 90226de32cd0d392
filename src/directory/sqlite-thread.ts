// The thread that carries out one piece of writing work, and tells what came of it.

import { parentPort, workerData } from 'node:worker_threads';
import { carryOut, type Order, type Reply } from './sqlite-writer.ts';

let reply: Reply;
try {
  reply = { ok: true, outcome: await carryOut(workerData as Order) };
} catch (error) {
  reply = { ok: false, reason: error instanceof Error ? error.message : String(error) };
}
parentPort?.postMessage(reply);
