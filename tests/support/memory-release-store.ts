import type { AuditEntry } from '~/server/ports/audit-log';
import type {
  NewRelease,
  ReleaseChange,
  ReleaseQuery,
  ReleaseRow,
  ReleaseStore,
} from '~/server/ports/release-store';
import type { MemoryHub, MemoryRelease } from './memory-hub';

const lastFirst = (
  a: Pick<NewRelease, 'createdAtMs' | 'id'>,
  b: Pick<NewRelease, 'createdAtMs' | 'id'>,
) => b.createdAtMs - a.createdAtMs || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

/** Releases in memory. */
export class MemoryReleaseStore implements ReleaseStore {
  constructor(readonly hub: MemoryHub) {}

  async listReleases(
    repoId: string,
    { after, channel, drafts, limit }: ReleaseQuery,
  ): Promise<ReleaseRow[]> {
    return this.#all(repoId)
      .filter((release) => channel === null || release.channel === channel)
      .filter((release) => drafts || !release.isDraft)
      .filter((release) => after === null || lastFirst(release, after) > 0)
      .sort(lastFirst)
      .slice(0, limit)
      .map((release) => this.#row(release));
  }

  async countReleases(repoId: string, drafts: boolean): Promise<number> {
    return this.#all(repoId).filter((release) => drafts || !release.isDraft).length;
  }

  async findRelease(repoId: string, tag: string): Promise<ReleaseRow | null> {
    const release = this.#all(repoId).find((one) => one.tag === tag);
    return release ? this.#row(release) : null;
  }

  async loadReleaseRecords(
    repoId: string,
    ids: string[],
  ): Promise<Map<string, Record<string, unknown>>> {
    const wanted = this.#all(repoId).filter((release) => ids.includes(release.id));
    return new Map(wanted.map(({ id, record }) => [id, record]));
  }

  async addRelease(
    repoId: string,
    actorId: string,
    release: NewRelease,
    record: Record<string, unknown>,
  ): Promise<boolean> {
    const taken = this.#all(repoId).some(({ id, tag }) => id === release.id || tag === release.tag);
    if (taken) return false;
    this.hub.repository(repoId).releases.push({ ...release, actorId, record, editedAtMs: null });
    return true;
  }

  async updateRelease(
    repoId: string,
    tag: string,
    change: ReleaseChange,
    editedAtMs: number,
  ): Promise<boolean> {
    const release = this.#all(repoId).find((one) => one.tag === tag);
    if (!release) return false;
    Object.assign(release, change, { editedAtMs });
    return true;
  }

  async deleteRelease(repoId: string, tag: string, audit: AuditEntry): Promise<boolean> {
    const repository = this.hub.repository(repoId);
    const kept = repository.releases.filter((release) => release.tag !== tag);
    if (kept.length === repository.releases.length) return false;
    repository.releases = kept;
    this.hub.note(audit);
    return true;
  }

  #row({ actorId, record: _, ...release }: MemoryRelease): ReleaseRow {
    const user = this.hub.users.get(actorId);
    return { ...release, actor: user ? { handle: user.handle, kind: user.kind } : null };
  }

  #all(repoId: string): MemoryRelease[] {
    return [...this.hub.repository(repoId).releases];
  }
}
