import type { SimilarPair } from '~/server/ports/compute';

/** The share of their contents that two files have in common to count as one that was renamed. */
export const SIMILAR_MIN_SHARE = 0.5;
/** The most bytes of one piece, for files with few line breaks. */
const PIECE_MAX_BYTES = 256;
const LINE_FEED = 10;

/**
 * Pairs of files that share at least half of their contents, by their places in the two lists.
 *
 * A file is taken as a bag of its lines (of pieces of 256 bytes where they are longer): what two
 * have in common is the bytes of the pieces that are in both, and the share is that of the larger
 * file. Moving lines about inside a file changes nothing.
 */
export function findSimilar(gone: Uint8Array[], come: Uint8Array[]): SimilarPair[] {
  const numbers = new Map<string, number>();
  const left = gone.map((bytes) => bagOf(bytes, numbers));
  const right = come.map((bytes) => bagOf(bytes, numbers));
  const pairs: SimilarPair[] = [];
  for (const [i, a] of left.entries()) {
    for (const [j, b] of right.entries()) {
      const most = Math.max(a.bytes, b.bytes);
      if (most === 0 || Math.min(a.bytes, b.bytes) < most * SIMILAR_MIN_SHARE) continue;
      const share = commonBytes(a, b) / most;
      if (share >= SIMILAR_MIN_SHARE) pairs.push({ gone: i, come: j, share });
    }
  }
  return pairs;
}

interface Bag {
  bytes: number;
  /** The bytes that each piece, by its number, has in the file all together. */
  pieces: Map<number, number>;
}

function bagOf(content: Uint8Array, numbers: Map<string, number>): Bag {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  const pieces = new Map<number, number>();
  for (let from = 0; from < bytes.length; ) {
    const feed = bytes.indexOf(LINE_FEED, from);
    const end = Math.min(feed < 0 ? bytes.length : feed + 1, from + PIECE_MAX_BYTES);
    const piece = bytes.toString('latin1', from, end);
    let number = numbers.get(piece);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(piece, number);
    }
    pieces.set(number, (pieces.get(number) ?? 0) + end - from);
    from = end;
  }
  return { bytes: bytes.length, pieces };
}

function commonBytes(a: Bag, b: Bag): number {
  const [small, large] = a.pieces.size < b.pieces.size ? [a, b] : [b, a];
  let common = 0;
  for (const [number, bytes] of small.pieces) {
    common += Math.min(bytes, large.pieces.get(number) ?? 0);
  }
  return common;
}
