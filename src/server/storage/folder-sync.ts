interface Running {
  /** Resolves, never rejects, when the fsync in progress is over. */
  over: Promise<void>;
  /** The fsync that begins then, shared by all who asked meanwhile. */
  next: Promise<void> | undefined;
}

/**
 * Group commit for fsync of folders: whoever asks waits for one fsync that began after the asking,
 * since only that one surely covers the entry just made. One runs per folder at a time; all who ask
 * while it runs share the following one.
 */
export class FolderSync {
  readonly #running = new Map<string, Running>();

  constructor(private readonly fsync: (folder: string) => Promise<void>) {}

  /** Resolves when every entry that is in the folder now is on disk; rejects with the fsync's error. */
  sync(folder: string): Promise<void> {
    const running = this.#running.get(folder);
    if (!running) return this.#begin(folder);
    running.next ??= running.over.then(() => this.#begin(folder));
    return running.next;
  }

  #begin(folder: string): Promise<void> {
    const work = this.fsync(folder);
    const settled = () => {
      if (!running.next) this.#running.delete(folder);
    };
    const running: Running = { over: work.then(settled, settled), next: undefined };
    this.#running.set(folder, running);
    return work;
  }
}
