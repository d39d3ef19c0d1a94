import type { Id } from '~/muse/ids';
import type { FetchStore } from '~/server/ports/fetch-store';
import type { ObjectLocation } from '~/server/ports/push-store';
import type { MemoryHub, MemoryRepository } from './memory-hub';
import { closureOf } from './memory-push-store';

const COMMITS_PER_BATCH = 3;

/** The fetch's port in memory; walks are the plainest sets that give the right answer. */
export class MemoryFetchStore implements FetchStore {
  constructor(readonly hub: MemoryHub) {}

  async branchHeads(repoId: string): Promise<Record<string, Id>> {
    return Object.fromEntries(this.hub.repository(repoId).branches);
  }

  async refsVersion(repoId: string): Promise<string> {
    const repository = this.hub.repositories.get(repoId);
    if (!repository) return '';
    const { refsVersion, domain, idFormat, defaultBranch } = repository;
    return [refsVersion, domain, idFormat ?? '', defaultBranch ?? ''].join('/');
  }

  async findCommits(repoId: string, ids: Id[]): Promise<Set<Id>> {
    const { commits } = this.hub.repository(repoId);
    return new Set(ids.filter((id) => commits.has(id)));
  }

  async *walkCommits(repoId: string, want: Id[], have: Id[], depth: number | null) {
    const repository = this.hub.repository(repoId);
    const had = closureOf(repository, have);
    const near = depth === null ? closureOf(repository, want) : within(repository, want, depth);
    const found = [...near]
      .filter((id) => !had.has(id))
      .map((id) => repository.commits.get(id)!)
      .sort((a, b) => a.generation - b.generation);
    for (let from = 0; from < found.length; from += COMMITS_PER_BATCH) {
      yield found
        .slice(from, from + COMMITS_PER_BATCH)
        .map(({ id, snapshotId, parents }) => ({ id, snapshotId, parents }));
    }
  }

  async commonBase(repoId: string, want: Id[], have: Id[], limit: number): Promise<Id[]> {
    const repository = this.hub.repository(repoId);
    const had = closureOf(repository, have);
    const common = [...closureOf(repository, want)].filter((id) => had.has(id));
    const beneath = new Set<Id>();
    for (const id of common) {
      for (const lower of closureOf(repository, repository.commits.get(id)!.parents)) {
        beneath.add(lower);
      }
    }
    const generation = (id: Id) => repository.commits.get(id)!.generation;
    return common
      .filter((id) => !beneath.has(id))
      .sort((a, b) => generation(b) - generation(a))
      .slice(0, limit);
  }

  async loadRecords(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return pick(ids, this.hub.repository(repoId).commits, ({ record }) => record);
  }

  async loadSnapshots(repoId: string, ids: Id[]) {
    const { snapshots } = this.hub.repository(repoId);
    return pick(ids, snapshots, ({ rootTreeId, entryCount, extra }) => ({
      rootTreeId,
      entryCount,
      extra,
    }));
  }

  async loadTrees(repoId: string, ids: Id[]): Promise<Map<Id, Uint8Array>> {
    return pick(ids, this.hub.repository(repoId).trees, (bytes) => bytes);
  }

  async locateObjects(
    repoId: string,
    ids: Id[],
  ): Promise<Map<Id, ObjectLocation & { polyglot: string }>> {
    const { objects } = this.hub.repository(repoId);
    return pick(ids, objects, ({ encoding, size, extents, polyglot }) => ({
      encoding,
      size,
      extents,
      polyglot,
    }));
  }

  async repositoriesHolding(objectId: Id, limit: number, readerId?: string | null) {
    const mayRead = (repository: MemoryRepository) =>
      readerId === undefined ||
      repository.visibility === 'public' ||
      (readerId !== null &&
        (repository.ownerId === readerId || repository.collaborators.has(readerId)));
    return [...this.hub.repositories.values()]
      .filter((r) => !r.deleted && r.objects.has(objectId) && mayRead(r))
      .sort((a, b) => Number(b.visibility === 'public') - Number(a.visibility === 'public'))
      .slice(0, limit)
      .map(({ id, ownerId, slug }) => ({
        repoId: id,
        owner: this.hub.users.get(ownerId)?.handle ?? '',
        slug,
      }));
  }
}

/** The commits fewer than `depth` steps below these. */
function within(repository: MemoryRepository, want: Id[], depth: number): Set<Id> {
  const reached = new Set<Id>();
  let level = want;
  for (let step = 0; step < depth; step++) {
    const stored = level.filter((id) => repository.commits.has(id) && !reached.has(id));
    for (const id of stored) reached.add(id);
    level = stored.flatMap((id) => repository.commits.get(id)!.parents);
  }
  return reached;
}

function pick<T, U>(ids: Id[], from: Map<Id, T>, read: (item: T) => U): Map<Id, U> {
  const found = new Map<Id, U>();
  for (const id of ids) {
    const item = from.get(id);
    if (item !== undefined) found.set(id, read(item));
  }
  return found;
}
