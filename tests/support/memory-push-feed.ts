import type { PushFeed, PushSignal } from '~/server/ports/push-feed';
import { Refusal } from '~/wire/errors';

/** News of pushes within one process; `told` is all of it, in order. */
export class MemoryPushFeed implements PushFeed {
  readonly told: PushSignal[] = [];
  readonly #watchers = new Set<{
    repoId: string;
    reader: string;
    listener: (signal: PushSignal | null) => void;
  }>();

  constructor(
    private readonly watchersMax = 500,
    private readonly watchersPerReaderMax = 25,
  ) {}

  publish(signal: PushSignal): void {
    this.told.push(signal);
    for (const { repoId, listener } of [...this.#watchers]) {
      if (repoId === signal.repoId) listener(signal);
    }
  }

  watch(repoId: string, reader: string, listener: (signal: PushSignal | null) => void): () => void {
    const held = [...this.#watchers].filter((watcher) => watcher.reader === reader).length;
    if (this.#watchers.size >= this.watchersMax || held >= this.watchersPerReaderMax) {
      throw new Refusal('rate-limited');
    }
    const watcher = { repoId, reader, listener };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** As after a break of the connection. */
  interrupt(): void {
    for (const { listener } of [...this.#watchers]) listener(null);
  }

  get watching(): number {
    return this.#watchers.size;
  }
}
