// Does a request cost the same however many path rules there are, client certificates were seen, and connections are idle? And
// what does the first sight of a certificate cost? Processor time of the gateway alone, everything on, in turns.
//
// `--seconds=N` of each round, `--rounds=N`, `--many=N` for what is ten thousand. Exit 1 when something is not flat.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { parseArgs } from 'node:util';
import { makePki } from '../test/kit/gateway.ts';
import type { TestCertificate } from '../test/kit/pki.ts';
import { BODY, type Client, connectClient } from './flatness/client.ts';
import { type BenchGateway, startBenchGateway } from './limits/gateway.ts';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '2' },
    rounds: { type: 'string', default: '7' },
    many: { type: 'string', default: '10000' },
  },
});
const [seconds, rounds, many] = [Number(values.seconds), Number(values.rounds), Number(values.many)];
const FEW = 10;
const CLIENTS = 64;
const AT_ONCE = 16;

/** What the targets allow: more than the first of a comparison, in per cent. */
const MOST = { rules: 15, certificates: 15, idle: 20 } as const;
const MOST_FIRST_SIGHT_MS = 1.5;

const UPSTREAM = 'identityHeaders: [x-client, nginx]\nmaxConnections: 256';

interface Side {
  readonly name: string;
  readonly gateway: BenchGateway;
  readonly clients: readonly Client[];
  readonly rules: number;
}

const pki = makePki();
const [{ key }, upstreamPort] = [pki.issuing.client(), await startService()];
const certificates = Array.from({ length: many }, (_, n) => pki.issuing.client({ cn: `client ${n}`, key }));
const few = certificates.slice(0, FEW);
let isFlat = true;
const say = (text: string) => process.stdout.write(`${text}\n`);

say('| | CPU, µs per request | lowest to highest | more than the first |\n|---|---:|---:|---:|');
await compare(MOST.rules, [
  await startSide(`${FEW} path rules`, { rules: FEW }),
  await startSide(`${many / 10} path rules`, { rules: many / 10 }),
  await startSide(`${many} path rules`, { rules: many }),
]);
const seen = await startSide(`${many} certificates`, { own: certificates.slice(-CLIENTS) });
const firstMs = await show(seen.gateway, certificates);
const againMs = await show(seen.gateway, certificates.slice(0, many / 10));
await compare(MOST.certificates, [await startSide(`${FEW} certificates`, {}), seen]);
const crowded = await startSide(`${many} idle connections`, {});
const idle = await inTurns(many, () => connectClient(crowded.gateway.port, few[0] as TestCertificate));
await compare(MOST.idle, [await startSide('no idle connection', {}), crowded]);
for (const client of idle) client.close();
const sightMs = firstMs - againMs;
say(
  `\nA connection with a certificate that was never seen: ${firstMs.toFixed(2)} ms, with one that was: ${againMs.toFixed(2)} ms.`,
);
say(`First sight: ${sightMs.toFixed(2)} ms.`);
process.exit(isFlat && sightMs <= MOST_FIRST_SIGHT_MS ? 0 : 1);

async function startSide(
  name: string,
  { rules = 100, own = few }: { rules?: number; own?: readonly TestCertificate[] },
): Promise<Side> {
  const gateway = await startBenchGateway({
    pki,
    upstreamPort,
    upstreamOptions: UPSTREAM,
    yaml: configurationWith(rules),
  });
  const certificateOf = (n: number) => own[n % own.length] as TestCertificate;
  const clients = await inTurns(CLIENTS, (n) => connectClient(gateway.port, certificateOf(n)));
  return { name, gateway, clients, rules };
}

/** Measures the sides in turns, writes their rows, and stops them. */
async function compare(mostPercent: number, sides: readonly Side[]): Promise<void> {
  const costs = sides.map((): number[] => []);
  for (const side of sides) await load(side, 4 * seconds);
  for (let round = 0; round < rounds; round++) {
    for (const [index, side] of sides.entries()) costs[index]?.push(await load(side, seconds));
  }
  const first = medianOf(costs[0] ?? []);
  for (const [index, { name }] of sides.entries()) {
    const own = costs[index] ?? [];
    const percent = (medianOf(own) / first - 1) * 100;
    isFlat &&= percent < mostPercent;
    const range = `${Math.min(...own).toFixed(1)} to ${Math.max(...own).toFixed(1)}`;
    say(`| ${name} | ${medianOf(own).toFixed(1)} | ${range} | ${index === 0 ? '' : `${percent.toFixed(0)} %`} |`);
  }
  for (const { gateway, clients } of sides) {
    for (const client of clients) client.close();
    await gateway.stop();
  }
}

/** Microseconds of the gateway for each request; the paths are those of all its rules in turn. */
async function load({ gateway, clients, rules }: Side, forSeconds: number): Promise<number> {
  await gateway.look();
  const end = performance.now() + forSeconds * 1000;
  let requests = 0;
  const run = async (client: Client) => {
    while (performance.now() < end) await client.ask(`/area${requests % 10}/part${requests++ % rules}/x`);
  };
  await Promise.all(clients.map(run));
  return ((await gateway.look()).cpuMs * 1000) / requests;
}

/** A connection and one request with each of them; milliseconds of the gateway for each. */
async function show(gateway: BenchGateway, shown: readonly TestCertificate[]): Promise<number> {
  await gateway.look();
  await inTurns(shown.length, async (n) => {
    const client = await connectClient(gateway.port, shown[n] as TestCertificate);
    await client.ask('/');
    client.close();
  });
  return (await gateway.look()).cpuMs / shown.length;
}

/** Does it that often, some at a time. */
async function inTurns<T>(count: number, act: (n: number) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const lane = async () => {
    while (next < count) results.push(await act(next++));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return results;
}

async function startService(): Promise<number> {
  const server = createServer((_request, response) => response.end(BODY));
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

function configurationWith(rules: number): string {
  const paths = Array.from(
    { length: rules },
    (_, n) => `      /area${n % 10}/part${n}: { clientCertificate: require }\n`,
  );
  return `sites:
  - hosts: [localhost]
    trust: corporate
    upstream: app
    clientCertificate: require
    paths:
${paths.join('')}
limits: { connections: 20000, connectionsPerAddress: 20000, requestsPerConnection: 100000000 }
timeouts: { idle: 10m, head: 5m }
`;
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1] ?? Number.NaN;
}
