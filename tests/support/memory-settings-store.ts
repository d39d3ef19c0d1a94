import type { AuditEntry } from '~/server/ports/audit-log';
import type { BranchRule } from '~/server/ports/push-store';
import type {
  Collaborator,
  Permission,
  RepositoryChange,
  SettingsStore,
} from '~/server/ports/settings-store';
import type { MemoryHub, MemoryRepository } from './memory-hub';

/** What the admins of a repository decide about it, in memory. */
export class MemorySettingsStore implements SettingsStore {
  constructor(readonly hub: MemoryHub) {}

  async listCollaborators(repoId: string): Promise<Collaborator[]> {
    return [...this.#repository(repoId).collaborators]
      .map(([userId, permission]) => {
        const { handle, kind } = this.hub.users.get(userId)!;
        return { handle, kind, permission };
      })
      .sort((a, b) => (a.handle.toLowerCase() < b.handle.toLowerCase() ? -1 : 1));
  }

  async listRules(repoId: string): Promise<BranchRule[]> {
    const { rules } = this.#repository(repoId);
    return [...rules].sort((a, b) => (a.pattern < b.pattern ? -1 : 1));
  }

  async updateRepository(
    repoId: string,
    change: RepositoryChange,
    audit: AuditEntry,
  ): Promise<boolean> {
    const repository = this.#repository(repoId);
    const { defaultBranch } = change;
    if (repository.deleted) return false;
    if (defaultBranch !== undefined && !repository.branches.has(defaultBranch)) return false;
    Object.assign(repository, change);
    this.hub.note(audit);
    return true;
  }

  async putCollaborator(
    repoId: string,
    userId: string,
    permission: Permission,
    audit: AuditEntry,
  ): Promise<void> {
    this.#repository(repoId).collaborators.set(userId, permission);
    this.hub.note(audit);
  }

  async removeCollaborator(repoId: string, userId: string, audit: AuditEntry): Promise<boolean> {
    const removed = this.#repository(repoId).collaborators.delete(userId);
    if (removed) this.hub.note(audit);
    return removed;
  }

  async putRule(repoId: string, rule: BranchRule, audit: AuditEntry): Promise<void> {
    this.#takeRule(repoId, rule.pattern);
    this.#repository(repoId).rules.push(rule);
    this.hub.note(audit);
  }

  async removeRule(repoId: string, pattern: string, audit: AuditEntry): Promise<boolean> {
    const removed = this.#takeRule(repoId, pattern);
    if (removed) this.hub.note(audit);
    return removed;
  }

  #takeRule(repoId: string, pattern: string): boolean {
    const repository = this.#repository(repoId);
    const kept = repository.rules.filter((rule) => rule.pattern !== pattern);
    const removed = kept.length < repository.rules.length;
    repository.rules = kept;
    return removed;
  }

  async deleteRepository(repoId: string, audit: AuditEntry): Promise<boolean> {
    const repository = this.#repository(repoId);
    if (repository.deleted) return false;
    repository.deleted = true;
    this.hub.note(audit);
    return true;
  }

  #repository(repoId: string): MemoryRepository {
    return this.hub.repositories.get(repoId)!;
  }
}
