import type { FileHandle } from 'node:fs/promises';

interface OpenFile {
  handle: FileHandle;
  /** Size when it was opened; blobs never change. */
  bytes: number;
}

interface Entry {
  opened: Promise<OpenFile>;
  users: number;
  /** No longer in the table; closed by its last user. */
  dropped: boolean;
}

/**
 * The files that were read last, kept open, at most `openMax` beyond those in use. A file that is
 * being read is never closed underneath its reader.
 */
export class OpenFiles {
  /** In the order of use: the first is the one to go. */
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new Set<Promise<void>>();

  constructor(
    private readonly open: (path: string) => Promise<FileHandle>,
    private readonly openMax: number,
  ) {}

  /** How many files are in the table; for tests. */
  get size(): number {
    return this.#entries.size;
  }

  /** Runs `work` with the file open; rejects as `open`, `fstat` or `work` does. */
  async use<T>(path: string, work: (file: OpenFile) => Promise<T>): Promise<T> {
    const entry = this.#take(path);
    try {
      return await work(await entry.opened);
    } catch (error) {
      // A file that could not be opened or read is looked up anew by the next reader.
      this.drop(path, entry);
      throw error;
    } finally {
      entry.users -= 1;
      if (entry.dropped && entry.users === 0) this.#close(entry);
    }
  }

  /** Forgets a file, e.g. because its blob was deleted. */
  drop(path: string, only?: Entry): void {
    const entry = this.#entries.get(path);
    if (!entry || (only && entry !== only)) return;
    this.#entries.delete(path);
    entry.dropped = true;
    if (entry.users === 0) this.#close(entry);
  }

  /** Closes every file that is not in use, and those in use as soon as they are not. */
  async close(): Promise<void> {
    for (const path of [...this.#entries.keys()]) this.drop(path);
    await Promise.all(this.#closing);
  }

  #take(path: string): Entry {
    const known = this.#entries.get(path);
    if (known) {
      this.#entries.delete(path);
      this.#entries.set(path, known);
      known.users += 1;
      return known;
    }
    const entry: Entry = { opened: this.#open(path), users: 1, dropped: false };
    this.#entries.set(path, entry);
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.openMax) break;
      this.drop(oldest);
    }
    return entry;
  }

  async #open(path: string): Promise<OpenFile> {
    const handle = await this.open(path);
    try {
      return { handle, bytes: (await handle.stat()).size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  #close(entry: Entry): void {
    const closing = entry.opened
      .then(
        ({ handle }) => handle.close(),
        () => {}, // never opened: its user has the error
      )
      .finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }
}
