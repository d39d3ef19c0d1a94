import { setMaxListeners } from 'node:events';

export interface ReadAheadLimits {
  reads: number;
  bytes: number;
}

/**
 * Starts reads ahead of the one that is being used, in order: at most `reads` at once and `bytes` in
 * all, but always one. When the consumer leaves, `stop` is aborted and so are the reads under way.
 */
export async function* readAhead<P extends { length: number }, T>(
  plan: AsyncIterable<P> | Iterable<P>,
  read: (piece: P, stop: AbortSignal) => Promise<T>,
  limits: ReadAheadLimits,
): AsyncGenerator<{ piece: P; result: T }> {
  const stop = new AbortController();
  setMaxListeners(0, stop.signal); // one per read under way, and these are bounded here
  const under: { piece: P; result: Promise<T> }[] = [];
  let bytes = 0;
  try {
    for await (const piece of plan) {
      while (
        under.length >= limits.reads ||
        (under.length > 0 && bytes + piece.length > limits.bytes)
      ) {
        const first = under.shift()!;
        yield { piece: first.piece, result: await first.result };
        bytes -= first.piece.length;
      }
      const result = read(piece, stop.signal);
      result.catch(() => {}); // told when its turn comes, unless the consumer has left
      under.push({ piece, result });
      bytes += piece.length;
    }
    for (const { piece, result } of under) yield { piece, result: await result };
  } finally {
    stop.abort();
  }
}
