// What was measured, as a table for people; and which limits it breaks.

import type { Measured } from './measure.ts';

/** What everybody else may notice of an attack. */
const MOST_SERVED_MS = 1000;
const MOST_DELAY_P99_MS = 50;
/** What may stay in use for good: caches and compiled code, but nothing for each connection. */
const MOST_KEPT_BYTES = 16 * 1024 * 1024;

const HEADINGS = [
  'attack',
  'what came of it',
  'good client',
  'delay p99 / max',
  'CPU',
  'memory before, peak, after',
  'each',
  'kept',
];

export const TABLE_HEAD = lineOf(HEADINGS) + lineOf(HEADINGS.map(() => '---'));

export function writeLine(measured: Measured): string {
  const { row, outcome, served, delayP99Ms, delayMaxMs, cpuMs, before, peak, after, keptBytes } = measured;
  return lineOf([
    `${row.count} × ${row.name}`,
    outcome.text,
    `${Math.round(served.worstMs)} ms, ${served.failures} of ${served.requests} failed`,
    `${Math.round(delayP99Ms)} / ${Math.round(delayMaxMs)} ms`,
    `${Math.round(cpuMs)} ms`,
    `${mebibytes(before)}, ${mebibytes(peak)}, ${mebibytes(after)} MiB`,
    `${Math.round((peak - before) / row.count / 1024)} KiB`,
    `${mebibytes(keptBytes)} MiB`,
  ]);
}

/** One sentence for each limit that does not hold. */
export function findBroken(measured: Measured, margin: number): string[] {
  const { row, outcome, served, isServedAfter, delayP99Ms, before, peak, keptBytes } = measured;
  const broken: string[] = [];
  const expect = (holds: boolean, sentence: string) => {
    if (!holds) broken.push(`${row.name}: ${sentence}`);
  };
  expect(!outcome.failed, outcome.text);
  if (!row.mayRefuse) {
    expect(served.failures === 0, `${served.failures} requests of a good client were not served`);
    expect(served.worstMs < MOST_SERVED_MS, `a good client waited ${Math.round(served.worstMs)} ms`);
  }
  expect(isServedAfter, 'a good client is not served afterwards');
  expect(delayP99Ms < MOST_DELAY_P99_MS * margin, `the event loop was ${Math.round(delayP99Ms)} ms late (p99)`);
  const grown = mebibytes(peak - before);
  expect(Number(grown) < row.mostMiB, `memory grew by ${grown} MiB, ${row.mostMiB} are allowed`);
  expect(keptBytes < MOST_KEPT_BYTES, `${mebibytes(keptBytes)} MiB are still in use afterwards`);
  return broken;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(bytes < 10 * 1024 * 1024 ? 1 : 0);
}

function lineOf(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}
