import { createCipheriv, createHash } from 'node:crypto';

/**
 * What is pushed: a history made from a seed, as a stream for `git fast-import`. The Muse repository
 * is imported from the git repository, so that both sides hold the same files and commits.
 */
export interface Content {
  name: string;
  /** Commits on the branch main. */
  commits: number;
  /** Whether it is few files of many bytes. */
  large: boolean;
  /** Options for git that an expert would set for such content. */
  tuning: string[];
  /** How git makes the repository: options of git, and of `git fast-import`. */
  options: string[];
  importing: string[];
  stream(): Generator<Buffer>;
}

/** One commit with many small text files. */
export function manyObjects(files: number): Content {
  return {
    name: `objects-${files}`,
    commits: 1,
    large: false,
    tuning: [],
    options: [],
    importing: [],
    *stream() {
      const random = randomOf('objects');
      yield commitHead(0, 'Many files');
      for (let i = 0; i < files; i++) yield fileChange(i, text(random, 3072 + random(2048)));
      yield Buffer.from('\n');
    },
  };
}

/** Many commits, the first with all files, each later one with `changed` of them changed. */
export function manyCommits(commits: number, files: number, changed: number): Content {
  return {
    name: `commits-${commits}-${files}`,
    commits,
    large: false,
    tuning: [],
    options: [],
    importing: [],
    *stream() {
      const random = randomOf('commits');
      yield commitHead(0, 'All files');
      for (let i = 0; i < files; i++) yield fileChange(i, text(random, 1024 + random(1024)));
      yield Buffer.from('\n');
      for (let n = 1; n < commits; n++) {
        yield commitHead(n, `Change ${changed} files`);
        for (let i = 0; i < changed; i++)
          yield fileChange(random(files), text(random, 1024 + random(1024)));
        yield Buffer.from('\n');
      }
    },
  };
}

/** One commit with some large files that cannot be compressed. */
export function largeObjects(files: number, bytes: number): Content {
  return {
    name: `large-${files}-${bytes}`,
    commits: 1,
    large: true,
    tuning: ['core.compression=0', 'core.bigFileThreshold=1m'],
    // Nothing in such files is alike or becomes smaller: looking for it would take hours, and what
    // a push copies from the pack is the same.
    options: ['-c', 'core.compression=0'],
    importing: ['--depth=0'],
    *stream() {
      yield commitHead(0, 'Large files');
      for (let i = 0; i < files; i++) {
        yield Buffer.from(`M 100644 inline ${pathOf(i)}\ndata ${bytes}\n`);
        yield* noise(i, bytes);
        yield Buffer.from('\n');
      }
      yield Buffer.from('\n');
    },
  };
}

function pathOf(i: number): string {
  return `src/part-${String(Math.floor(i / 50)).padStart(3, '0')}/file-${String(i).padStart(5, '0')}.txt`;
}

function commitHead(n: number, message: string): Buffer {
  const who = `Ada Bench <ada@example.org> ${1_770_000_000 + n * 60} +0000`;
  return Buffer.from(
    `commit refs/heads/main\nauthor ${who}\ncommitter ${who}\ndata ${message.length}\n${message}\n`,
  );
}

function fileChange(i: number, content: Buffer): Buffer {
  const head = Buffer.from(`M 100644 inline ${pathOf(i)}\ndata ${content.length}\n`);
  return Buffer.concat([head, content, Buffer.from('\n')]);
}

/** A function that gives integers below its argument, the same ones for the same name (xorshift). */
function randomOf(name: string): (end: number) => number {
  let state = createHash('sha256').update(name).digest().readUInt32LE(0) || 1;
  return (end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % end;
  };
}

const SYLLABLES = 'ba ce di fo gu ha je ki lo mu na pe qui ro su ta ve wi xo zu'.split(' ');

/** Lines of made-up words, which compress like source code. */
function text(random: (end: number) => number, bytes: number): Buffer {
  let line = '';
  const lines: string[] = [];
  for (let size = 0; size < bytes; ) {
    let word = '';
    for (let n = 1 + random(3); n > 0; n--) word += SYLLABLES[random(SYLLABLES.length)];
    line += `${word} `;
    if (line.length < 60) continue;
    lines.push(line);
    size += line.length + 1;
    line = '';
  }
  return Buffer.from(`${lines.join('\n')}\n`);
}

const NOISE_BLOCK_BYTES = 1024 * 1024;

/** The stream of a cipher: as good as random, the same for the same seed, and quick. */
function* noise(seed: number, bytes: number): Generator<Buffer> {
  const key = createHash('sha256').update(`noise ${seed}`).digest().subarray(0, 16);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.alloc(16));
  const zeros = Buffer.alloc(NOISE_BLOCK_BYTES);
  for (let left = bytes; left > 0; left -= zeros.length) {
    yield cipher.update(zeros.subarray(0, Math.min(left, zeros.length)));
  }
}
