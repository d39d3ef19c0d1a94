/**
 * Runs an async function over items, at most `atOnce` at a time. The first error ends it: no
 * further item is begun, those under way are awaited, and the error is thrown.
 */
export async function inParallel<T>(
  items: Iterable<T>,
  atOnce: number,
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (;;) {
      if (failed) return;
      const next = iterator.next();
      if (next.done) return;
      try {
        await run(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const results = await Promise.allSettled(Array.from({ length: atOnce }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * Yields `run(item)` in the order of the items while at most `atOnce` are under way and their
 * weights sum up to at most `weightMax` (one item is always allowed).
 *
 * @param weight of an item, e.g. its bytes
 */
export async function* inOrder<T, R>(
  items: Iterable<T>,
  atOnce: number,
  weightMax: number,
  weight: (item: T) => number,
  run: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const iterator = items[Symbol.iterator]();
  const running: { result: Promise<R>; weight: number }[] = [];
  let sum = 0;
  let next = iterator.next();
  try {
    while (!next.done || running.length > 0) {
      while (!next.done && running.length < atOnce) {
        const own = weight(next.value);
        if (running.length > 0 && sum + own > weightMax) break;
        const result = run(next.value);
        // A failure is thrown where its turn comes; until then it must not count as unhandled.
        result.catch(() => undefined);
        running.push({ result, weight: own });
        sum += own;
        next = iterator.next();
      }
      const first = running.shift()!;
      const value = await first.result;
      sum -= first.weight;
      yield value;
    }
  } finally {
    await Promise.allSettled(running.map((each) => each.result));
  }
}
