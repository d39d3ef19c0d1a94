import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { Misconfiguration } from '../misconfiguration';
import { findBinaries, type PostgresBinaries } from './binaries';

/**
 * A real PostgreSQL server in the data folder, for a hub that is given no DATABASE_URL.
 *
 *     <data>/postgres/      the database, owned by the account that runs PostgreSQL
 *     <data>/postgres.new/  one that is being made; renamed when it is complete
 *     <data>/postgres.log   what the server says
 *     <data>/database-url   mode 0600, while it runs: for Prisma's commands and for psql
 *
 * It listens on 127.0.0.1 only, on a port chosen at each start, and takes a password (scram). It
 * outlives a hub that is killed; the next hub adopts it. When the server itself dies, it is started
 * again on the same port, so that connection pools find it.
 */
export interface EmbeddedPostgres {
  url: string;
  /** Whether it was running already, left behind by a hub that was killed. */
  adopted: boolean;
  /** Ends it: open transactions roll back, committed ones are on disk. */
  stop(): Promise<void>;
}

export interface EmbeddedPostgresOptions {
  dataFolder: string;
  /** Letters and digits only. */
  password: string;
  /** Told of what an operator should know, a line at a time. */
  warn(line: string): void;
}

const ROLE = 'musehub';
const VERSION = '18';
const START_MAX_MS = 60_000;
const STOP_MAX_MS = 60_000;
const POLL_MS = 40;
const WATCH_MS = 500;
const LOG_MAX_BYTES = 16 * 1024 ** 2;

/** What differs from the server's own defaults, which are durable (fsync, full_page_writes). */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  shared_buffers: '128MB',
  timezone: 'UTC',
  log_timezone: 'UTC',
  jit: 'off', // short queries: compiling them costs more than it gives
  client_connection_check_interval: '10s',
  idle_in_transaction_session_timeout: '300s',
};

/** Starts, or adopts, the PostgreSQL of a data folder; resolves when it answers queries. */
export async function startEmbeddedPostgres(
  options: EmbeddedPostgresOptions,
): Promise<EmbeddedPostgres> {
  const folder = path.join(options.dataFolder, 'postgres');
  const server = new Server(folder, await findBinaries(folder), options);
  await server.prepare();
  return server.start();
}

class Server implements EmbeddedPostgres {
  adopted = false;
  #port = 0;
  #pid = 0;
  #stopping = false;
  #watch: NodeJS.Timeout | undefined;
  readonly #urlFile: string;

  constructor(
    private readonly folder: string,
    private readonly binaries: PostgresBinaries,
    private readonly options: EmbeddedPostgresOptions,
  ) {
    this.#urlFile = path.join(options.dataFolder, 'database-url');
  }

  get url(): string {
    return `postgresql://${ROLE}:${this.options.password}@127.0.0.1:${this.#port}/${ROLE}`;
  }

  /** Makes the database when there is none; a half-made one of an earlier try is thrown away. */
  async prepare(): Promise<void> {
    const versionFile = path.join(this.folder, 'PG_VERSION');
    if (fs.existsSync(versionFile)) {
      const version = fs.readFileSync(versionFile, 'utf8').trim();
      if (version === VERSION) return;
      throw new Misconfiguration(
        `The database in ${this.folder} is of PostgreSQL ${version}, this hub brings ${VERSION}; dump it with the old version and restore it, or set DATABASE_URL.`,
      );
    }
    const unfinished = `${this.folder}.new`;
    fs.rmSync(unfinished, { recursive: true, force: true });
    fs.mkdirSync(unfinished, { mode: 0o700 });
    const { account } = this.binaries;
    if (account) fs.chownSync(unfinished, account.uid, account.gid);
    await this.#run(this.binaries.initdb, unfinished, [
      ...['-U', ROLE, '--auth=reject', '--encoding=UTF8', '--locale=C'],
      ...['--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ]);
    fs.writeFileSync(
      path.join(unfinished, 'pg_hba.conf'),
      'host all all 127.0.0.1/32 scram-sha-256\n',
    );
    await this.#setPassword(unfinished, `CREATE DATABASE ${ROLE}\n`);
    fs.renameSync(unfinished, this.folder);
  }

  async start(): Promise<this> {
    this.adopted = await this.#adopt();
    if (!this.adopted) {
      this.#port = await freePort();
      await this.#launch();
    }
    fs.writeFileSync(this.#urlFile, `${this.url}\n`, { mode: 0o600 });
    this.#watch = setInterval(() => this.#reviveIfDead(), WATCH_MS).unref();
    return this;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#watch);
    fs.rmSync(this.#urlFile, { force: true });
    await this.#end();
  }

  async #end(): Promise<void> {
    const deadline = Date.now() + STOP_MAX_MS;
    if (isAlive(this.#pid)) process.kill(this.#pid, 'SIGINT'); // "fast": does not wait for clients
    while (isAlive(this.#pid)) {
      await delay(POLL_MS);
      if (Date.now() < deadline) continue;
      this.options.warn('PostgreSQL does not stop; it is ended now and recovers at the next start');
      process.kill(this.#pid, 'SIGQUIT');
      return;
    }
  }

  /** Takes over the server that the folder's postmaster.pid names, if it runs. */
  async #adopt(): Promise<boolean> {
    const file = path.join(this.folder, 'postmaster.pid');
    const deadline = Date.now() + START_MAX_MS;
    while (Date.now() < deadline) {
      const lines = fs.existsSync(file) ? fs.readFileSync(file, 'utf8').split('\n') : [];
      const pid = Number(lines[0]);
      if (!pid || !isAlive(pid)) return false;
      if (!worksIn(pid, this.folder)) {
        // The number was given to another process since; PostgreSQL would believe the file.
        fs.rmSync(file);
        return false;
      }
      this.#pid = pid;
      this.#port = Number(lines[3]) || 0;
      const state = this.#port ? await this.#probe() : 'silent';
      if (state === 'ready') return true;
      if (state === 'wrong-password') await this.#end();
      await delay(POLL_MS); // it is starting or stopping
    }
    throw new Error(`PostgreSQL (process ${this.#pid}) runs in ${this.folder} but does not answer`);
  }

  /** Starts the server on the chosen port and waits until it answers. */
  async #launch(): Promise<void> {
    const deadline = Date.now() + START_MAX_MS;
    let mended = false;
    while (!this.#stopping) {
      const log = this.#openLog();
      const settings = Object.entries({ ...SETTINGS, port: this.#port }).flatMap(
        ([name, value]) => ['-c', `${name}=${value}`],
      );
      const child = this.#spawn(this.binaries.postgres, this.folder, settings, log.fd);
      fs.closeSync(log.fd);
      child.stdin?.end();
      child.unref();
      this.#pid = child.pid ?? 0;
      const state = await this.#waitUntilReady(child, deadline);
      if (state === 'ready') return;
      const said = fs.readFileSync(log.file).subarray(log.from).toString();
      if (state === 'wrong-password' && !mended) {
        mended = true;
        this.options.warn('secrets.json has a new database password; the database takes it over');
        await this.#end();
        await this.#setPassword(this.folder);
      } else if (Date.now() > deadline) {
        throw new Error(`PostgreSQL does not start; it said: ${said.trim().slice(-1000)}`);
      } else if (/could not bind|could not create any TCP/.test(said)) {
        // On a first start nobody knows the port yet; later the pools do, so wait for that one.
        if (!this.#watch) this.#port = await freePort();
      } else if (!/lock file .* already exists|shared memory block/.test(said)) {
        throw new Error(`PostgreSQL ended at its start; it said: ${said.trim().slice(-1000)}`);
      }
      await delay(POLL_MS * 5); // processes of a killed server still let go of the folder
    }
  }

  async #waitUntilReady(child: ChildProcess, deadline: number): Promise<Probe | 'ended'> {
    while (child.exitCode === null && child.signalCode === null && Date.now() < deadline) {
      const state = await this.#probe();
      if (state !== 'silent') return state;
      await delay(POLL_MS);
    }
    return 'ended';
  }

  async #probe(): Promise<Probe> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 5_000 });
    client.on('error', () => {}); // reported by the query below
    try {
      await client.connect();
      await client.query('SELECT 1');
      return 'ready';
    } catch (error) {
      return (error as { code?: string }).code === '28P01' ? 'wrong-password' : 'silent';
    } finally {
      await client.end().catch(() => {});
    }
  }

  #reviveIfDead(): void {
    if (this.#stopping || isAlive(this.#pid)) return;
    clearInterval(this.#watch);
    this.options.warn('PostgreSQL ended unexpectedly; it is started again');
    this.#launch()
      .catch((error: Error) => this.options.warn(`${error.message}; trying again`))
      .finally(() => {
        if (this.#stopping) return;
        this.#watch = setInterval(() => this.#reviveIfDead(), WATCH_MS).unref();
      });
  }

  /** Sets the role's password over stdin, where no process list and no file shows it. */
  async #setPassword(folder: string, then = ''): Promise<void> {
    if (!/^[A-Za-z0-9]+$/.test(this.options.password)) throw new Error('unusable password');
    const sql = `ALTER ROLE ${ROLE} PASSWORD '${this.options.password}'\n${then}`;
    await this.#run(this.binaries.postgres, folder, ['postgres'], sql, ['--single']);
  }

  /** Runs a program of PostgreSQL to its end; throws what it said when it fails. */
  async #run(program: string, folder: string, args: string[], input = '', first: string[] = []) {
    const log = this.#openLog();
    const child = this.#spawn(program, folder, args, log.fd, first);
    fs.closeSync(log.fd);
    child.stdin?.on('error', () => {}); // it ended early: its exit code tells
    child.stdin?.end(input);
    const [code, signal] = await once(child, 'exit');
    if (code === 0) return;
    const said = fs.readFileSync(log.file).subarray(log.from).toString().trim().slice(-1000);
    throw new Error(`${path.basename(program)} failed (${signal ?? code}); it said: ${said}`);
  }

  /**
   * Starts a program of PostgreSQL on a database folder, apart from our terminal's Ctrl-C.
   *
   * Run as another account it is given the open folder instead of its path: that account need not
   * be able to enter the folders above, such as a root's home or a temporary folder.
   */
  #spawn(
    program: string,
    folder: string,
    args: string[],
    log: number,
    first: string[] = [],
  ): ChildProcess {
    const { account } = this.binaries;
    const door = account ? fs.openSync(folder, fs.constants.O_RDONLY) : null;
    const stdio: StdioOptions = ['pipe', log, log];
    if (door !== null) stdio.push(door);
    const place = door === null ? folder : '/proc/self/fd/3';
    try {
      return spawn(program, [...first, '-D', place, ...args], {
        ...account,
        cwd: '/',
        env: { NODE_ENV: process.env.NODE_ENV, PATH: process.env.PATH, LC_ALL: 'C' },
        detached: true,
        stdio,
      });
    } finally {
      if (door !== null) fs.closeSync(door);
    }
  }

  #openLog(): { file: string; fd: number; from: number } {
    const file = path.join(this.options.dataFolder, 'postgres.log');
    const size = fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (size > LOG_MAX_BYTES) fs.renameSync(file, `${file}.1`);
    const fd = fs.openSync(file, 'a', 0o600);
    return { file, fd, from: fs.fstatSync(fd).size };
  }
}

type Probe = 'ready' | 'silent' | 'wrong-password';

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Whether a process has this folder as its working folder, as the folder's own server has. */
function worksIn(pid: number, folder: string): boolean {
  if (!fs.existsSync('/proc/self/cwd')) return true;
  const here = fs.statSync(`/proc/${pid}/cwd`, { throwIfNoEntry: false });
  const there = fs.statSync(folder);
  return here?.ino === there.ino && here.dev === there.dev;
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as net.AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
