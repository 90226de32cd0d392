// Speaks the protocol of the conformance harness: a case per line on standard input, an answer per line on standard output.

import { createInterface } from 'node:readline';
import { type Case, judgeCase } from './judge-case.ts';

for await (const line of createInterface({ input: process.stdin, crlfDelay: Number.POSITIVE_INFINITY })) {
  if (line.trim() === '') continue;
  const input: Case = JSON.parse(line);
  const begin = process.hrtime.bigint();
  const answer = await judgeCase(input);
  const ms = Number(process.hrtime.bigint() - begin) / 1e6;
  process.stdout.write(`${JSON.stringify({ id: input.id, ms, ...answer })}\n`);
}
