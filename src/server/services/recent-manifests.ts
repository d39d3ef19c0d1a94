import type { Id } from '~/muse/ids';
import type { ManifestTree } from '~/muse/manifest-tree';

/**
 * The manifests that pushes to this process left last, so that the next push, whose snapshots are
 * told as differences from them, need not put them together from rows. A manifest never changes
 * under its id, and every directory of one that is here is stored in its repository.
 */
export class RecentManifests {
  readonly #kept = new Map<string, ManifestTree>();
  #bytes = 0;

  constructor(private readonly maxBytes: number) {}

  get(repoId: string, snapshotId: Id): ManifestTree | undefined {
    return this.#kept.get(keyOf(repoId, snapshotId));
  }

  /** Keeps a manifest that is stored by now; the oldest ones go when all are too large together. */
  keep(repoId: string, snapshotId: Id, manifest: ManifestTree): void {
    const key = keyOf(repoId, snapshotId);
    this.#drop(key);
    if (manifest.approxBytes > this.maxBytes) return;
    this.#kept.set(key, manifest);
    this.#bytes += manifest.approxBytes;
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.maxBytes) break;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    const manifest = this.#kept.get(key);
    if (!manifest) return;
    this.#kept.delete(key);
    this.#bytes -= manifest.approxBytes;
  }
}

const keyOf = (repoId: string, snapshotId: Id): string => `${repoId}/${snapshotId}`;
