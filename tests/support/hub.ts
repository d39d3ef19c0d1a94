import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { buildIfNeeded, projectFolder } from '../../tools/build-steps.mjs';
import { hubFlags } from '../../tools/hub-flags.mjs';
import { logsBelow, rememberSecretsOf, secretsIn } from './secrets';

/**
 * A production hub as an operator runs it: its own process, data folder, PostgreSQL and port.
 * `dispose` it in `afterAll`; it ends what it started, also what a killed hub left running, and fails
 * when a secret stands in anything the hub said or logged.
 */
export interface HubOptions {
  /** Further environment variables, or others than the defaults. */
  env?: Record<string, string>;
  /** A data folder that exists; it is not removed then. */
  dataFolder?: string;
  /** Words before `node`, e.g. to run it as another user. */
  launcher?: string[];
}

const START_MAX_MS = 60_000;

let built: Promise<void> | undefined;

/** Builds what is out of date, once per process; with MUSEHUB_BUILD=keep an existing build is used. */
export function ensureBuild(): Promise<void> {
  built ??= buildIfNeeded();
  return built;
}

/** Starts a hub and waits until it serves; rejects with all it said when it does not. */
export async function startHub(options: HubOptions = {}): Promise<Hub> {
  await ensureBuild();
  const hub = new Hub(options, await freePort());
  try {
    await hub.start();
  } catch (error) {
    await hub.dispose();
    throw error;
  }
  return hub;
}

export class Hub {
  readonly url: string;
  readonly dataFolder: string;
  /** Everything the process wrote, over all its starts. */
  output = '';
  #process: ChildProcess | undefined;
  readonly #env: Record<string, string>;
  readonly #ownFolder: boolean;
  readonly #launcher: string[];

  constructor(options: HubOptions, port: number) {
    this.#ownFolder = options.dataFolder === undefined;
    this.dataFolder = options.dataFolder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'musehub-test-'));
    this.#launcher = options.launcher ?? [];
    this.url = `http://127.0.0.1:${port}`;
    this.#env = {
      PATH: process.env.PATH ?? '',
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: String(port),
      MUSEHUB_URL: this.url,
      MUSEHUB_DATA: this.dataFolder,
      MUSEHUB_SHUTDOWN_SECONDS: '10',
      ...options.env,
    };
  }

  /** The process that serves. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  /** The token of the account `admin`. */
  get adminToken(): string {
    return fs.readFileSync(path.join(this.dataFolder, 'admin-token'), 'utf8').trim();
  }

  /** Starts the process again after `stop` or `kill`. */
  async start(): Promise<void> {
    const program = path.join(projectFolder, 'dist', 'main.js');
    const argv = [...this.#launcher, process.execPath, ...hubFlags, program];
    const child = spawn(argv[0]!, argv.slice(1), {
      cwd: projectFolder,
      env: this.#env as unknown as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = child;
    const from = this.output.length;
    const serves = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => fail('is not there after a minute'), START_MAX_MS);
      const fail = (why: string) => {
        clearTimeout(timer);
        reject(new Error(`the hub ${why}; it said:\n${this.output.slice(from)}`));
      };
      const take = (part: Buffer) => {
        this.output += part;
        if (!this.output.slice(from).includes('musehub is at ')) return;
        clearTimeout(timer);
        resolve();
      };
      child.stdout.on('data', take);
      child.stderr.on('data', take);
      child.once('close', (code, signal) => fail(`ended (${signal ?? code})`));
    });
    await serves;
  }

  /** Ends it in order (SIGTERM); returns its exit code. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    if (!child || child.exitCode !== null || child.signalCode !== null) return null;
    const ended = once(child, 'close');
    child.kill(signal);
    const [code] = await ended;
    return code;
  }

  /** kill -9: nothing is tidied up, and the embedded PostgreSQL goes on. */
  async kill(): Promise<void> {
    await this.stop('SIGKILL');
  }

  /** Resolves with the exit code when the process ends by itself. */
  async ended(): Promise<number | null> {
    const child = this.#process!;
    if (child.exitCode === null && child.signalCode === null) await once(child, 'close');
    return child.exitCode;
  }

  /** The main process of the embedded PostgreSQL; 0 when there is none. */
  postgresPid(): number {
    const file = path.join(this.dataFolder, 'postgres', 'postmaster.pid');
    return fs.existsSync(file) ? Number(fs.readFileSync(file, 'utf8').split('\n')[0]) : 0;
  }

  /** Whether another hub works in the data folder, so that its PostgreSQL is not ours to end. */
  #isHeldByAnother(): boolean {
    const file = path.join(this.dataFolder, 'hub.lock');
    if (!fs.existsSync(file)) return false;
    const { pid } = JSON.parse(fs.readFileSync(file, 'utf8')) as { pid: number };
    return pid !== this.pid && isAlive(pid);
  }

  /** A request with the admin's token. */
  fetch(target: string, init: RequestInit = {}): Promise<Response> {
    const headers = new Headers(init.headers);
    if (!headers.has('authorization')) headers.set('authorization', `Bearer ${this.adminToken}`);
    return fetch(new URL(target, this.url), { ...init, headers });
  }

  /** The secrets that stand in what it said and logged; none is right. */
  leaks(): string[] {
    rememberSecretsOf(this.dataFolder, this.#env);
    const logs = logsBelow(this.dataFolder);
    const leaks = [{ file: 'output', text: this.output }, ...logs].map(({ file, text }) =>
      secretsIn(text).map((leak) => `${file} holds ${leak}`),
    );
    return leaks.flat();
  }

  /** Ends everything and removes the data folder; rejects when a secret was logged. */
  async dispose(): Promise<void> {
    await this.stop();
    const postgres = this.postgresPid();
    if (postgres && isAlive(postgres) && !this.#isHeldByAnother()) {
      process.kill(postgres, 'SIGINT');
      while (isAlive(postgres)) await delay(20);
    }
    const leaks = this.leaks();
    if (this.#ownFolder) fs.rmSync(this.dataFolder, { recursive: true, force: true });
    if (leaks.length > 0) throw new Error(`secrets in the logs of a hub:\n${leaks.join('\n')}`);
  }
}

export async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
