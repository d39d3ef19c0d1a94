import type { TreeDiff } from './diff-trees';

/**
 * What differs between trees that were compared before. Trees are named by what they hold, so an
 * entry is never stale; each process has its own.
 */
export class ChangeCache {
  readonly #entries = new Map<string, { changes: Promise<TreeDiff>; files: number }>();
  #files = 0;

  /** `maxFiles`: changed files that all entries together may name (some 300 bytes each). */
  constructor(private readonly maxFiles = 100_000) {}

  /** The changes under this key, found now if they are not known; a failure is not kept. */
  get(key: string, find: () => Promise<TreeDiff>): Promise<TreeDiff> {
    const known = this.#entries.get(key);
    if (known) {
      this.#entries.delete(key);
      this.#entries.set(key, known);
      return known.changes;
    }
    const entry = { changes: find(), files: 0 };
    this.#entries.set(key, entry);
    entry.changes.then(
      (found) => this.#count(key, entry, found.files.length + 1),
      () => this.#entries.delete(key),
    );
    return entry.changes;
  }

  #count(key: string, entry: { files: number }, files: number): void {
    entry.files = files;
    this.#files += files;
    for (const [oldest, { files: size }] of this.#entries) {
      if (this.#files <= this.maxFiles || oldest === key) break;
      this.#entries.delete(oldest);
      this.#files -= size;
    }
  }
}
