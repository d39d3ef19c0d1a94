import type { ChildProcess } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { freePort } from '~tests/support/hub';
import type { Content } from './content';
import { newName, type Peer } from './peer';
import {
  cpuOf,
  type Program,
  processTree,
  residentMib,
  run,
  startServer,
  stopServer,
} from './processes';
import { RequestLog } from './request-log';

const benchFolder = import.meta.dirname;

/** Debian's git behind its own http-backend. */
export class GitPeer implements Peer {
  readonly requests: RequestLog;
  /** git's server is started by each request. */
  readonly idleMib = 0;
  readonly #folder: string;
  readonly #url: string;
  readonly #tuned: boolean;
  #server!: ChildProcess;

  private constructor(
    readonly name: string,
    folder: string,
    port: number,
    tuned: boolean,
  ) {
    this.#folder = folder;
    this.#tuned = tuned;
    this.#url = `http://127.0.0.1:${port}`;
    this.requests = new RequestLog(path.join(folder, 'requests.log'));
  }

  static async start(name: string, folder: string, tuned: boolean): Promise<GitPeer> {
    fs.mkdirSync(path.join(folder, 'served'), { recursive: true });
    const port = await freePort();
    const peer = new GitPeer(name, folder, port, tuned);
    // What is kept on either side survives a power cut, as it does on the hub's.
    const settings = ['core.fsync=all', 'init.defaultBranch=main', 'protocol.version=2'];
    settings.push('user.name=Ada Bench', 'user.email=ada@example.org', 'http.receivepack=true');
    if (tuned) settings.push('receive.unpackLimit=1');
    for (const setting of settings) {
      const [key = '', value = ''] = setting.split('=');
      await run(peer.#git(['config', '--file', peer.#config, key, value]));
    }
    const clock = path.join(benchFolder, 'request-clock.mjs');
    peer.#server = await startServer(
      {
        argv: [
          process.execPath,
          '--import',
          clock,
          path.join(benchFolder, 'git-bridge.mjs'),
          path.join(folder, 'served'),
          String(port),
        ],
        env: { BENCH_REQUEST_LOG: peer.requests.file, GIT_CONFIG_GLOBAL: peer.#config },
      },
      'ready',
    );
    return peer;
  }

  get #config(): string {
    return path.join(this.#folder, 'gitconfig');
  }

  #git(args: string[], cwd?: string): Program {
    const env = {
      HOME: this.#folder,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: this.#config,
      GIT_TERMINAL_PROMPT: '0',
    };
    return { argv: ['git', ...args], cwd, env };
  }

  serverPids(): number[] {
    return [this.#server.pid!];
  }

  /** Without the bridge's own: what carries the bytes to git is this bench's, not git's. */
  serverCpuMs(): number {
    return cpuOf(this.#server.pid!, true);
  }

  serverMib(): number {
    const [, ...below] = processTree(this.#server.pid!);
    return below.reduce((sum, { pid }) => sum + residentMib(pid), 0);
  }

  /** git does nothing between requests. */
  async settle(): Promise<void> {}

  async source(content: Content): Promise<string> {
    const folder = path.join(this.#folder, 'sources', content.name);
    if (fs.existsSync(folder)) return folder;
    await run(this.#git(['init', '--quiet', folder]));
    if (this.#tuned) {
      for (const setting of content.tuning)
        await run(this.#git(['config', ...setting.split('=')], folder));
    }
    await run(
      this.#git([...content.options, 'fast-import', '--quiet', ...content.importing], folder),
      content.stream(),
    );
    // One pack, from which a push copies what it sends: the best that git can have.
    if (content.importing.length === 0) await run(this.#git(['repack', '-adq'], folder));
    await run(this.#git(['update-ref', 'refs/bench/all', 'refs/heads/main'], folder));
    const all = await run(
      this.#git(['rev-list', '--reverse', '--first-parent', 'refs/bench/all'], folder),
    );
    fs.writeFileSync(path.join(folder, '.git', 'bench-commits'), all);
    return folder;
  }

  moveTo(folder: string, commit: number): void {
    const all = fs.readFileSync(path.join(folder, '.git', 'bench-commits'), 'utf8').split('\n');
    fs.writeFileSync(path.join(folder, '.git', 'refs', 'heads', 'main'), `${all[commit]}\n`);
  }

  async makeRepository(): Promise<string> {
    const name = newName();
    await run(this.#git(['init', '--quiet', '--bare', path.join(this.#folder, 'served', name)]));
    return `${this.#url}/${name}`;
  }

  removeRepository(url: string): void {
    fs.rmSync(path.join(this.#folder, 'served', path.basename(url)), { recursive: true });
  }

  /** Everything git keeps is its store. */
  forget(): void {}

  push(folder: string, url: string): Program {
    return this.#git(['push', '--quiet', url, 'main'], folder);
  }

  pushAsOrigin(folder: string, url: string): Program {
    const remote = `git remote remove origin 2>/dev/null; git remote add origin ${url} && git push --quiet origin main`;
    return { ...this.#git([], folder), argv: ['sh', '-c', remote] };
  }

  pushOrigin(folder: string): Program {
    return this.#git(['push', '--quiet', 'origin', 'main'], folder);
  }

  clone(url: string, folder: string): Program {
    return this.#git(['clone', '--quiet', url, folder]);
  }

  fetchOrigin(folder: string): Program {
    return this.#git(['fetch', '--quiet', 'origin'], folder);
  }

  stop(): Promise<void> {
    return stopServer(this.#server);
  }
}
