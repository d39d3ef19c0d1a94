import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Prng } from './prng';

/** Bytes that each recipe makes again, so that only their zstd form has to be kept. */
const RECIPES: Record<string, () => Buffer> = {
  empty: () => Buffer.alloc(0),
  letter: () => Buffer.from('a'),
  zeros: () => Buffer.alloc(300_000),
  // Several blocks.
  lines: () =>
    Buffer.from(
      Array.from({ length: 20_000 }, (_, i) => `${i % 7} ${i >> 11} ${'='.repeat(i % 5)}\n`).join(
        '',
      ),
    ),
  words: () => words(8_000),
  noise: () => Buffer.from(new Prng(3).bytes(900)),
  // Matches from one block into the one before it.
  twice: () => Buffer.concat([words(6_000), Buffer.alloc(140_000, 'ab'), words(6_000)]),
};

function words(bytes: number): Buffer {
  const random = new Prng(2);
  const list = ['alpha', 'beta', 'return', 'const', 'function', '{', '}', '\n', '  ', 'x'];
  const parts: string[] = [];
  for (let length = 0; length < bytes; ) {
    const word = random.once(8) ? random.below(1e6).toString(36) : random.pick(list);
    parts.push(word);
    length += word.length;
  }
  return Buffer.from(parts.join(''));
}

export interface ZstdSample {
  name: string;
  decoded: Buffer;
  encoded: Buffer;
}

/** Streams written by the reference `zstd` 1.5.4, at levels that use every kind of block and table. */
export function zstdSamples(): ZstdSample[] {
  const file = fileURLToPath(new URL('./zstd-samples.json', import.meta.url));
  const kept = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  return Object.entries(kept).map(([name, encoded]) => ({
    name,
    decoded: RECIPES[name.split(' ')[0]!]!(),
    encoded: Buffer.from(encoded, 'base64'),
  }));
}

/** Compresses with the `zstd` of this machine; null where there is none. */
export function zstdHere(data: Uint8Array, args: string[]): Buffer | null {
  const run = spawnSync('zstd', ['-c', '-q', ...args], { input: data, maxBuffer: 2 ** 30 });
  if (run.error) return null;
  if (run.status !== 0) throw new Error(`zstd ${args.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

/** A block of a frame: `kind` 0 raw, 1 one byte repeated, 2 compressed; `size` as its header says. */
export function zstdBlock(kind: number, size: number, last: boolean, payload: Uint8Array): Buffer {
  const header = (size << 3) | (kind << 1) | (last ? 1 : 0);
  return Buffer.concat([
    Buffer.from([header & 255, (header >> 8) & 255, (header >> 16) & 255]),
    payload,
  ]);
}

/** A frame with a window of 1 KiB × 2^`windowLog10`, without declared length or checksum. */
export function zstdFrame(windowLog10: number, blocks: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0x00, windowLog10 << 3]), ...blocks]);
}
