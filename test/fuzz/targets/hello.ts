// Target: the first bytes of a connection.

import { createHelloReader, type HelloOutcome } from '../../../src/listener/hello-reader.ts';
import { canonicalHost } from '../../../src/policy/canonical-host.ts';
import { extension, helloMessage, NAME, record, records, serverName } from '../../kit/hello-bytes.ts';
import { mustBe, type Target } from '../target.ts';

/** A little more than a hello may take on the wire. */
const MAX_BYTES = 86_500;

const SEEDS: readonly Buffer[] = [
  record(helloMessage()),
  record(helloMessage({ extensions: [extension(10, Buffer.from('0002001d', 'hex')), serverName('A.b-c_d.test.')] })),
  record(helloMessage({ extensions: null })),
  records(helloMessage(), 40),
  records(helloMessage({ extensions: [serverName(NAME), extension(21, Buffer.alloc(600))] }), 256),
  Buffer.from('OPTIONS * HTTP/1.1\r\n\r\n'),
  Buffer.from('15030300020100', 'hex'),
];

/** Whole and in single bytes a hello says the same. */
export function helloTarget(): Target {
  return {
    name: 'hello',
    shape: 'bytes',
    maxBytes: MAX_BYTES,
    seeds: SEEDS,
    run: (input) => {
      const bytes = Buffer.from(input);
      const whole = createHelloReader();
      const outcome = whole.take(bytes);
      mustBe(whole.bytes.equals(bytes), 'what was taken can be put back');
      mustBe(describe(readSingly(bytes)) === describe(outcome), 'what is said does not hang on how the bytes came');
      if (outcome?.kind !== 'hello' || outcome.serverName === undefined) return describe(outcome);
      const { serverName: name } = outcome;
      mustBe(canonicalHost(name) === name, 'a server name is canonical', () => name);
      return 'named';
    },
  };
}

function readSingly(bytes: Buffer): HelloOutcome | undefined {
  const reader = createHelloReader();
  for (let at = 0; at < bytes.length; at++) {
    const outcome = reader.take(bytes.subarray(at, at + 1));
    if (outcome !== undefined) return outcome;
  }
  return undefined;
}

function describe(outcome: HelloOutcome | undefined): string {
  if (outcome === undefined) return 'more';
  if (outcome.kind === 'refused') return outcome.fault;
  return outcome.kind === 'hello' ? `hello ${outcome.serverName ?? ''}` : outcome.kind;
}
