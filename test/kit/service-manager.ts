// A stand-in for systemd: it holds a listening socket, starts gateways on it, and hears what they tell. In Python, because
// Node has no unix datagrams, and cannot hold a listening socket without taking what comes on it.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeFolder } from './gateway.ts';
import { inCheckout, type OutputLine } from './process.ts';
import { until } from './until.ts';

/** Lines in: `start NAME VARIABLE=VALUE...`. Lines out: `port N`, `begun NAME PID`, `line NAME TEXT`, `ended NAME CODE`, `told TEXT`. */
const PROGRAM = `
import os, socket, subprocess, sys, threading
notify, node, main, config = sys.argv[1:5]
listening = socket.socket()
listening.bind(('127.0.0.1', 0))
listening.listen(128)
heard = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
heard.bind(notify)
lock = threading.Lock()
def say(*words):
    with lock:
        print(*words, flush=True)
def hear():
    while True:
        # systemd-notify sends this one behind each message, to wait until it is heard.
        text = heard.recv(4096).decode().replace('\\n', ' | ')
        if text != 'BARRIER=1':
            say('told', text)
threading.Thread(target=hear, daemon=True).start()
def run(name, extra):
    env = {'PATH': os.environ['PATH'], 'NOTIFY_SOCKET': notify, 'LISTEN_FDS': '1', **extra}
    fd = listening.fileno()
    child = subprocess.Popen(['/bin/sh', '-c', f'LISTEN_PID=$$ exec "$@" 3<&{fd}', 'sh', node, main, 'run', '-c', config],
        env=env, pass_fds=(fd,), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    say('begun', name, child.pid)
    for line in child.stdout:
        say('line', name, line.rstrip('\\n'))
    say('ended', name, child.wait())
say('port', listening.getsockname()[1])
for line in sys.stdin:
    _, name, *extra = line.split()
    threading.Thread(target=run, args=(name, dict(each.split('=', 1) for each in extra)), daemon=True).start()
`;

export interface StartedService {
  readonly pid: number;
  lines(): OutputLine[];
  /** What it wrote, whether log or not. */
  output(): string[];
  /** Exit code; undefined while it runs, negative for a signal. */
  code(): number | undefined;
}

export interface TestServiceManager {
  /** Of the socket that it hands over. */
  readonly port: number;
  /** Messages so far, oldest first, their lines joined by ` | `. */
  told(): string[];
  /** Starts `portcullis run` on the socket. */
  start(name: string, env?: Readonly<Record<string, string>>): Promise<StartedService>;
}

/** `config`: path of the configuration that every gateway is started with. */
export async function startServiceManager(t: Test, config: string): Promise<TestServiceManager> {
  const notify = join(makeFolder(t), 'notify');
  const main = inCheckout('dist/cli/main.js');
  const child = spawn('python3', ['-c', PROGRAM, notify, process.execPath, main, config], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  const words = (kind: string) =>
    text
      .split('\n')
      .slice(0, -1)
      .filter((line) => line.startsWith(`${kind} `))
      .map((line) => line.slice(kind.length + 1));
  const pids: number[] = [];
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    for (const pid of pids) endIfThere(pid);
    child.kill('SIGKILL');
    await ended;
  });
  await until(() => words('port').length > 0);
  return {
    port: Number(words('port')[0]),
    told: () => words('told'),
    async start(name, env = {}) {
      const extra = Object.entries(env).map(([key, value]) => ` ${key}=${value}`);
      child.stdin.write(`start ${name}${extra.join('')}\n`);
      await until(() => words(`begun ${name}`).length > 0);
      const pid = Number(words(`begun ${name}`)[0]);
      pids.push(pid);
      const output = () => words(`line ${name}`);
      return {
        pid,
        output,
        lines: () =>
          output()
            .filter((line) => line.startsWith('{'))
            .map((line) => JSON.parse(line) as OutputLine),
        code() {
          const [code] = words(`ended ${name}`);
          return code === undefined ? undefined : Number(code);
        },
      };
    },
  };
}

function endIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}
