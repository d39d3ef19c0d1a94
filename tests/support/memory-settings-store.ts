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

  async updateRepository(repoId: string, change: RepositoryChange): Promise<boolean> {
    const repository = this.#repository(repoId);
    const { defaultBranch } = change;
    if (repository.deleted) return false;
    if (defaultBranch !== undefined && !repository.branches.has(defaultBranch)) return false;
    Object.assign(repository, change);
    return true;
  }

  async putCollaborator(repoId: string, userId: string, permission: Permission): Promise<void> {
    this.#repository(repoId).collaborators.set(userId, permission);
  }

  async removeCollaborator(repoId: string, userId: string): Promise<boolean> {
    return this.#repository(repoId).collaborators.delete(userId);
  }

  async putRule(repoId: string, rule: BranchRule): Promise<void> {
    await this.removeRule(repoId, rule.pattern);
    this.#repository(repoId).rules.push(rule);
  }

  async removeRule(repoId: string, pattern: string): Promise<boolean> {
    const repository = this.#repository(repoId);
    const kept = repository.rules.filter((rule) => rule.pattern !== pattern);
    const removed = kept.length < repository.rules.length;
    repository.rules = kept;
    return removed;
  }

  async deleteRepository(repoId: string): Promise<boolean> {
    const repository = this.#repository(repoId);
    if (repository.deleted) return false;
    repository.deleted = true;
    return true;
  }

  #repository(repoId: string): MemoryRepository {
    return this.hub.repositories.get(repoId)!;
  }
}
