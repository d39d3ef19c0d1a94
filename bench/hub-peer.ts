import { once } from 'node:events';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Repository } from '~/client/repository';
import { type Hub, startHub } from '~tests/support/hub';
import { projectFolder } from '../tools/build-steps.mjs';
import type { Content } from './content';
import type { GitPeer } from './git-peer';
import { newName, type Peer } from './peer';
import { cpuOf, type Program, processTree, residentMib, run } from './processes';
import { RequestLog } from './request-log';

const benchFolder = import.meta.dirname;
const OWNER = 'admin';
/** A hub is at rest when it used next to no CPU for so long, looked at so often. */
const STILL_MS = 1_000;
const STILL_LOOKS = 4;
const STILL_CPU_MS = 20;

/** The production build of the hub with its embedded PostgreSQL, and the built client. */
export class HubPeer implements Peer {
  readonly name = 'hub';
  readonly idleMib: number;
  readonly #folder: string;
  readonly #git: GitPeer;

  private constructor(
    readonly hub: Hub,
    readonly requests: RequestLog,
    folder: string,
    git: GitPeer,
  ) {
    this.#folder = folder;
    this.#git = git;
    this.idleMib = residentMib(hub.pid);
  }

  /**
   * @param git whose repositories are imported, so that both sides hold the same
   * @param env further settings of the hub
   */
  static async start(
    folder: string,
    git: GitPeer,
    env: Record<string, string> = {},
  ): Promise<HubPeer> {
    fs.mkdirSync(folder, { recursive: true });
    // The database runs as another user when this is root's.
    fs.chmodSync(folder, 0o755);
    const requests = new RequestLog(path.join(folder, 'requests.log'));
    const hub = await startHub({
      env: {
        // What is measured is the hub, not how often one may ask it.
        MUSEHUB_REQUESTS_PER_TOKEN: '0',
        MUSEHUB_REQUESTS_PER_ACCOUNT: '0',
        MUSEHUB_REQUESTS_PER_ADDRESS: '0',
        NODE_OPTIONS: nodeOptions(),
        ...env,
        BENCH_REQUEST_LOG: requests.file,
        BENCH_PROFILE_SERVER: process.env.BENCH_PROFILE_SERVER ?? '',
        BENCH_PROFILE_FROM_SIGNAL: process.env.BENCH_PROFILE_FROM_SIGNAL ?? '',
      },
    });
    return new HubPeer(hub, requests, folder, git);
  }

  get token(): string {
    return this.hub.adminToken;
  }

  serverPids(): number[] {
    return [this.hub.pid, this.hub.postgresPid()];
  }

  serverCpuMs(): number {
    const [hub = 0, database = 0] = this.serverPids();
    // A database that the hub started is below it; one that it found running is not.
    const below = processTree(hub).some(({ pid }) => pid === database);
    return cpuOf(hub) + (below ? 0 : cpuOf(database));
  }

  /** Of the hub's own process; the database's is bounded by its settings and mostly shared. */
  serverMib(): number {
    return residentMib(this.hub.pid);
  }

  /** Jobs follow a push, such as counting what its commits changed. */
  async settle(): Promise<void> {
    for (let last = this.serverCpuMs(), still = 0; still < STILL_LOOKS; ) {
      await delay(STILL_MS / STILL_LOOKS);
      const now = this.serverCpuMs();
      still = now - last <= STILL_CPU_MS ? still + 1 : 0;
      last = now;
    }
  }

  async source(content: Content): Promise<string> {
    const folder = path.join(this.#folder, 'sources', content.name);
    if (fs.existsSync(folder)) return folder;
    const git = await this.#git.source(content);
    await run(this.#client(['import-git', git, '--into', folder, '--quiet']));
    const repository = Repository.open(folder);
    const all: string[] = [];
    for (let id = repository.branch('main') ?? undefined; id; ) {
      all.push(id);
      id = repository.commit(id).commit.parents[0];
    }
    fs.writeFileSync(path.join(folder, 'bench-commits'), `${all.reverse().join('\n')}\n`);
    return folder;
  }

  moveTo(folder: string, commit: number): void {
    const all = fs.readFileSync(path.join(folder, 'bench-commits'), 'utf8').split('\n');
    fs.writeFileSync(path.join(folder, '.muse', 'refs', 'heads', 'main'), `${all[commit]}\n`);
  }

  async makeRepository(): Promise<string> {
    const slug = newName();
    await this.#post('/api/repos', { slug, visibility: 'public' });
    return `${this.hub.url}/${OWNER}/${slug}`;
  }

  /** Not by `fetch`, which keeps its connections open: the measuring waits until all are closed. */
  async #post(target: string, body: unknown): Promise<string> {
    const request = http.request(new URL(target, this.hub.url), {
      method: 'POST',
      agent: false,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${this.token}` },
    });
    request.end(JSON.stringify(body));
    const [response] = (await once(request, 'response')) as [http.IncomingMessage];
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const { statusCode = 0 } = response;
    if (statusCode >= 300) throw new Error(`${target} answers ${statusCode}: ${text}`);
    return text;
  }

  /** A repository goes with the data folder. */
  removeRepository(): void {}

  #client(args: string[], cwd?: string, token = this.token): Program {
    const env = { MUSEHUB_TOKEN: token, HOME: this.#folder };
    const profile = process.env.BENCH_PROFILE_CLIENT;
    const flags = profile ? ['--cpu-prof', `--cpu-prof-dir=${profile}`] : [];
    return {
      argv: [process.execPath, ...flags, path.join(projectFolder, 'bin', 'musehub.cjs'), ...args],
      cwd,
      env,
    };
  }

  forget(folder: string): void {
    fs.rmSync(path.join(folder, '.muse', 'musehub'), { recursive: true, force: true });
  }

  push(folder: string, url: string): Program {
    return this.#client(['push', url, 'main', '--quiet'], folder);
  }

  /** Another token of the account: one may run but a few pushes at a time (PUSHES_PER_TOKEN). */
  async makeToken(): Promise<string> {
    const input = { name: newName(), scopes: ['read', 'write'] };
    const text = await this.#post('/api/trpc/token.create', input);
    return JSON.parse(text).result.data.text;
  }

  pushAs(token: string, folder: string, url: string): Program {
    return this.#client(['push', url, 'main', '--quiet'], folder, token);
  }

  pushAsOrigin(folder: string, url: string): Program {
    return this.#client(['push', url, 'main', '--as', 'origin', '--quiet'], folder);
  }

  pushOrigin(folder: string): Program {
    return this.#client(['push', 'origin', 'main', '--quiet'], folder);
  }

  clone(url: string, folder: string): Program {
    return this.#client(['clone', url, folder, '--quiet']);
  }

  fetchOrigin(folder: string): Program {
    return this.#client(['fetch', 'origin', '--quiet'], folder);
  }

  /** Sends a prepared body. */
  post(url: string, body: string): Program {
    const argv = [
      process.execPath,
      path.join(benchFolder, 'post-body.mjs'),
      `${url}/push/stream`,
      body,
    ];
    return { argv, env: { MUSEHUB_TOKEN: this.token } };
  }

  /** Pushes by way of a proxy that keeps the body of the push in a file. */
  async record(folder: string, url: string, file: string): Promise<void> {
    const proxy = http.createServer((request, response) => {
      const { method, headers } = request;
      const forward = http.request(
        new URL(request.url!, this.hub.url),
        { method, headers, agent: false },
        (answer) => {
          response.writeHead(answer.statusCode!, answer.headers);
          answer.pipe(response);
        },
      );
      if (request.url!.endsWith('/push/stream')) request.pipe(fs.createWriteStream(file));
      request.pipe(forward);
    });
    proxy.listen(0, '127.0.0.1');
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const address = new URL(url);
    address.port = String(port);
    try {
      await run(this.push(folder, address.href));
    } finally {
      proxy.closeAllConnections();
      proxy.close();
    }
  }

  stop(): Promise<void> {
    return this.hub.dispose();
  }
}

/** With BENCH_PROFILE_SERVER=FOLDER the hub writes a CPU profile there when it ends. */
function nodeOptions(): string {
  const modules = ['request-clock.mjs'];
  if (process.env.BENCH_PROFILE_SERVER) modules.push('profile-server.mjs');
  return modules.map((name) => `--import=${path.join(benchFolder, name)}`).join(' ');
}
