import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { promisify } from 'node:util';
import { ClientError, errnoOf } from './client-error';

const run = promisify(execFile);
const LIST_BYTES_MAX = 1024 ** 3;

/** Git must say the same to everyone: no replaced objects, no lazy downloads, no other repository. */
function gitEnvironment(): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = { ...process.env };
  for (const name of Object.keys(env)) if (name.startsWith('GIT_')) delete env[name];
  return {
    ...env,
    GIT_NO_REPLACE_OBJECTS: '1',
    GIT_NO_LAZY_FETCH: '1',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    LC_ALL: 'C',
  };
}

/** Runs a git command that reads a repository, and gives what it printed. */
export async function git(folder: string, args: string[]): Promise<Buffer> {
  try {
    const { stdout } = await run('git', ['-C', folder, ...args], {
      encoding: 'buffer',
      env: gitEnvironment(),
      maxBuffer: LIST_BYTES_MAX,
    });
    return stdout;
  } catch (error) {
    throw gitError(folder, error, (error as { stderr?: Buffer }).stderr?.toString('utf8') ?? '');
  }
}

function gitError(folder: string, error: unknown, stderr: string): ClientError {
  if (errnoOf(error) === 'ENOENT') {
    return new ClientError('usage', 'The program git is not installed.', { fix: 'Install git.' });
  }
  const said =
    stderr
      .trim()
      .split('\n')[0]
      ?.replace(/^fatal: /, '') ?? '';
  return new ClientError('bad-git-repository', `git cannot read ${folder}: ${said || error}`, {
    cause: error,
  });
}

/** Takes the content of one blob. */
export interface BlobSink {
  /** A small one, at once. */
  whole(bytes: Buffer): void;
  /** A large one: its pieces. */
  pieces(pieces: AsyncIterable<Buffer>): Promise<void>;
}

/** Blobs up to this size come whole. */
const WHOLE_BYTES_MAX = 4 * 1024 ** 2;

interface Waiting {
  id: string;
  type: string;
  /** Null: the whole content is wanted. */
  sink: BlobSink | null;
  resolve(bytes: Buffer): void;
  reject(error: unknown): void;
}

/**
 * Reads objects of a git repository through one `git cat-file --batch`. Requests are answered in
 * their order; any number may wait.
 */
export class GitObjects {
  readonly #folder: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #waiting: Waiting[] = [];
  readonly #done: Promise<void>;
  #stderr = '';
  #failed: unknown = null;
  #asked = '';

  constructor(folder: string) {
    this.#folder = folder;
    this.#child = spawn('git', ['-C', folder, 'cat-file', '--batch'], {
      env: gitEnvironment(),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(0, 4096);
    });
    // A broken pipe shows as an end of the output, which the reader reports.
    this.#child.stdin.on('error', () => undefined);
    this.#child.on('error', (error) => this.#fail(gitError(folder, error, '')));
    this.#done = this.#read().catch((error) => this.#fail(error));
  }

  /** The whole content of an object of a type. */
  read(id: string, type: 'commit' | 'tree'): Promise<Buffer> {
    return this.#ask(id, type, null);
  }

  /** Hands the content of a blob to a sink. */
  async readBlob(id: string, sink: BlobSink): Promise<void> {
    await this.#ask(id, 'blob', sink);
  }

  #ask(id: string, type: string, sink: BlobSink | null): Promise<Buffer> {
    if (this.#failed !== null) return Promise.reject(this.#failed);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ id, type, sink, resolve, reject });
      // All that is asked in one turn goes in one write.
      if (this.#asked === '') queueMicrotask(() => this.#send());
      this.#asked += `${id}\n`;
    });
  }

  #send(): void {
    const asked = this.#asked;
    this.#asked = '';
    if (this.#child.stdin.writable) this.#child.stdin.write(asked);
  }

  /** Ends the program; requests still waiting are refused. */
  async close(): Promise<void> {
    this.#fail(new ClientError('interrupted', 'Reading from git was ended.'));
    this.#child.kill();
    await this.#done;
  }

  #fail(error: unknown): void {
    this.#failed ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#failed);
  }

  async #read(): Promise<void> {
    const input = new ByteReader(this.#child.stdout);
    for (;;) {
      const line = await input.line();
      if (line === null) break;
      const waiting = this.#waiting[0];
      if (waiting === undefined) throw this.#unexpected(line);
      const [, type, sizeText] = line.split(' ');
      const size = Number(sizeText);
      if (type !== waiting.type || !Number.isSafeInteger(size)) {
        const reason = type === 'missing' ? 'is missing' : `is not a ${waiting.type}`;
        throw new ClientError(
          'bad-git-repository',
          `The git object ${waiting.id} ${reason} in ${this.#folder}.`,
        );
      }
      if (waiting.sink !== null && size > WHOLE_BYTES_MAX) {
        await waiting.sink.pieces(input.pieces(size));
        waiting.resolve(NOTHING);
      } else {
        const bytes = await input.bytes(size);
        if (waiting.sink !== null) {
          waiting.sink.whole(bytes);
          waiting.resolve(NOTHING);
        } else waiting.resolve(bytes);
      }
      this.#waiting.shift();
      await input.bytes(1);
    }
    if (this.#waiting.length > 0) throw gitError(this.#folder, 'it ended too early', this.#stderr);
  }

  #unexpected(line: string): ClientError {
    return new ClientError(
      'bad-git-repository',
      `git says something unasked: ${line.slice(0, 200)}`,
    );
  }
}

const NOTHING = Buffer.alloc(0);
const NEWLINE = 0x0a;

/** Lines and counted bytes of a stream, without copying what lies in one chunk. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #chunk: Buffer = NOTHING;
  #at = 0;

  constructor(stream: Readable) {
    this.#chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  }

  async #more(): Promise<boolean> {
    const next = await this.#chunks.next();
    if (next.done) return false;
    this.#chunk = next.value;
    this.#at = 0;
    return true;
  }

  /** The next line without its end; null when the stream is over. */
  async line(): Promise<string | null> {
    let text = '';
    for (;;) {
      const end = this.#chunk.indexOf(NEWLINE, this.#at);
      if (end !== -1) {
        text += this.#chunk.toString('latin1', this.#at, end);
        this.#at = end + 1;
        return text;
      }
      text += this.#chunk.toString('latin1', this.#at);
      this.#at = this.#chunk.length;
      if (!(await this.#more())) return text === '' ? null : text;
    }
  }

  async bytes(size: number): Promise<Buffer> {
    if (this.#chunk.length - this.#at >= size) {
      this.#at += size;
      return this.#chunk.subarray(this.#at - size, this.#at);
    }
    const whole = Buffer.allocUnsafe(size);
    let used = 0;
    for await (const piece of this.pieces(size)) used += piece.copy(whole, used);
    return whole;
  }

  async *pieces(size: number): AsyncGenerator<Buffer> {
    for (let left = size; left > 0; ) {
      if (this.#at === this.#chunk.length && !(await this.#more())) {
        throw new ClientError('bad-git-repository', 'git ended inside an object.');
      }
      const step = Math.min(left, this.#chunk.length - this.#at);
      this.#at += step;
      left -= step;
      yield this.#chunk.subarray(this.#at - step, this.#at);
    }
  }
}
