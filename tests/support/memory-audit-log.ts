import type { AuditEntry, AuditLog, AuditQuery, AuditRow } from '~/server/ports/audit-log';
import type { MemoryHub } from './memory-hub';

const same = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();

/** The log of acts in memory. */
export class MemoryAuditLog implements AuditLog {
  constructor(readonly hub: MemoryHub) {}

  async append(entry: AuditEntry): Promise<void> {
    this.hub.note(entry);
  }

  async list(query: AuditQuery): Promise<AuditRow[]> {
    const { before } = query;
    return this.hub.acts
      .map((act, index) => this.#row(act, index + 1))
      .filter((row) => this.#asked(row, query))
      .reverse()
      .sort((a, b) => b.atMs - a.atMs)
      .filter(
        (row) =>
          !before ||
          row.atMs < before.atMs ||
          (row.atMs === before.atMs && Number(row.id) < Number(before.id)),
      )
      .slice(0, query.limit);
  }

  #asked(row: AuditRow, query: AuditQuery): boolean {
    const actor = [...this.hub.users.values()].find(({ handle }) =>
      same(handle, query.actor ?? ''),
    );
    const repository = row.repoId === null ? undefined : this.hub.repositories.get(row.repoId);
    const owner = repository && this.hub.users.get(repository.ownerId);
    return (
      (query.actor === null || (actor !== undefined && row.actorId === actor.id)) &&
      (query.action === null || row.action === query.action) &&
      (query.repository === null ||
        (owner !== undefined &&
          same(owner.handle, query.repository.owner) &&
          same(repository?.slug ?? '', query.repository.slug))) &&
      (query.fromMs === null || row.atMs >= query.fromMs) &&
      (query.untilMs === null || row.atMs < query.untilMs)
    );
  }

  #row({ atMs, ...entry }: AuditEntry & { atMs: number }, id: number): AuditRow {
    const repository = this.hub.repositories.get(entry.repoId ?? '');
    const owner = repository && this.hub.users.get(repository.ownerId);
    return {
      ...entry,
      id: String(id),
      atMs,
      actorKind: this.hub.users.get(entry.actorId ?? '')?.kind ?? null,
      tokenName: this.hub.tokens.get(entry.tokenId ?? '')?.name ?? null,
      repository:
        !repository || !owner || repository.deleted
          ? null
          : { owner: owner.handle, slug: repository.slug },
    };
  }
}
