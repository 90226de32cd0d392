// What is asked of each proxy: words for the load generator.

export interface Workload {
  readonly arguments: readonly string[];
  /** Which of the certificates the servers show. */
  readonly keys: 'ec' | 'rsa';
}

const ec = (...words: string[]): Workload => ({ arguments: words, keys: 'ec' });

export const WORKLOADS: Readonly<Record<string, Workload>> = {
  W1: ec('-m', 'ka', '-c', '64', '-u', '/1k'),
  W2: ec('-m', 'hs', '-c', '16', '-u', '/1k'),
  W2rsa: { arguments: ['-m', 'hs', '-c', '16', '-u', '/1k', '-k', 'rsa'], keys: 'rsa' },
  W3: ec('-m', 'rs', '-c', '16', '-u', '/1k'),
  W3t12: ec('-m', 'rs', '-c', '16', '-u', '/1k', '-t', '12'),
  W4d: ec('-m', 'ka', '-c', '8', '-u', '/1m'),
  W4u: ec('-m', 'ka', '-c', '8', '-u', '/1k', '-B', '1048576'),
  W6: ec('-m', 'h2', '-c', '16', '-s', '8', '-u', '/1k'),
};
