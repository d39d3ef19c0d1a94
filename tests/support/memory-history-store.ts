import type {
  HistoryKey,
  HistoryStore,
  SavedDistance,
  SavedHistory,
} from '~/server/ports/history-store';
import type { MemoryHub } from './memory-hub';

const KEPT_MS = 10 * 60_000;

interface Entry {
  key: HistoryKey;
  saved: SavedHistory;
  savedAtMs: number;
  chunks: Map<number, { bytes: Uint8Array; replacedAtMs: number | null }>;
}

/** The order of branches' commits, in memory. */
export class MemoryHistoryStore implements HistoryStore {
  readonly #entries = new Map<string, Entry>();
  /** What readers asked for. */
  readonly requested: HistoryKey[] = [];
  /** How often chunks were read, and how many. */
  chunkReads = 0;
  chunksRead = 0;

  constructor(readonly hub: MemoryHub) {}

  async find(key: HistoryKey): Promise<SavedHistory | null> {
    const saved = this.#entries.get(nameOf(key))?.saved;
    return saved ? structuredClone(saved) : null;
  }

  async findDistances(repoId: string, branches: string[]): Promise<Map<string, SavedDistance>> {
    const found = new Map<string, SavedDistance>();
    for (const branch of branches) {
      const saved = this.#entries.get(nameOf({ repoId, branch }))?.saved;
      if (!saved || saved.behind === null || saved.scope.exclude === null) continue;
      const { head, exclude } = saved.scope;
      const ahead = saved.marks.reduce((sum, { count }) => sum + count, 0);
      found.set(branch, { scope: { head, exclude }, ahead, behind: saved.behind });
    }
    return found;
  }

  async loadChunks(key: HistoryKey, id: string, numbers: number[]) {
    this.chunkReads++;
    const found = new Map<number, Uint8Array>();
    const entry = [...this.#entries.values()].find(
      ({ key: { repoId }, saved }) => repoId === key.repoId && saved.id === id,
    );
    for (const number of numbers) {
      const chunk = entry?.chunks.get(number);
      if (chunk) found.set(number, chunk.bytes);
    }
    this.chunksRead += found.size;
    return found;
  }

  async save(
    key: HistoryKey,
    previous: SavedHistory | null,
    next: Omit<SavedHistory, 'version'>,
    added: Map<number, Uint8Array>,
  ): Promise<boolean> {
    const entry = this.#entries.get(nameOf(key));
    if ((entry?.saved.version ?? 0) !== (previous?.version ?? 0)) return false;
    if (entry && previous && entry.saved.id !== previous.id) return false;
    const now = this.hub.now();
    const chunks: Entry['chunks'] = new Map();
    const kept = new Set(next.marks.map(({ number }) => number));
    for (const [number, { bytes, replacedAtMs }] of entry?.chunks ?? []) {
      if (replacedAtMs !== null && replacedAtMs < now - KEPT_MS) continue;
      chunks.set(number, { bytes, replacedAtMs: kept.has(number) ? null : (replacedAtMs ?? now) });
    }
    for (const [number, bytes] of added) chunks.set(number, { bytes, replacedAtMs: null });
    const saved = structuredClone({ ...next, version: (previous?.version ?? 0) + 1 });
    this.#entries.set(nameOf(key), { key, saved, savedAtMs: now, chunks });
    return true;
  }

  async findDefaultBranch(repoId: string): Promise<string | null> {
    const repository = this.hub.repositories.get(repoId);
    return repository && !repository.deleted ? repository.defaultBranch : null;
  }

  async request(key: HistoryKey): Promise<void> {
    this.requested.push(key);
  }

  async listMissing(limit: number): Promise<HistoryKey[]> {
    return this.#branches()
      .filter((key) => {
        const saved = this.#entries.get(nameOf(key))?.saved;
        return !saved || (saved.scope.exclude !== null && saved.behind === null);
      })
      .slice(0, limit);
  }

  async removeGone(): Promise<number> {
    const there = new Set(this.#branches().map(nameOf));
    let removed = 0;
    for (const [name, { savedAtMs }] of this.#entries) {
      if (there.has(name) || savedAtMs >= this.hub.now() - KEPT_MS) continue;
      this.#entries.delete(name);
      removed++;
    }
    return removed;
  }

  #branches(): HistoryKey[] {
    return [...this.hub.repositories.values()]
      .filter(({ deleted }) => !deleted)
      .flatMap(({ id, branches }) =>
        [...branches.keys()].map((branch) => ({ repoId: id, branch })),
      );
  }
}

const nameOf = ({ repoId, branch }: HistoryKey) => `${repoId} ${branch}`;
