import type { AuditEntry } from './audit-log';
import type { BranchRule } from './push-store';

export type Permission = 'read' | 'write' | 'admin';

export interface Collaborator {
  handle: string;
  kind: 'human' | 'agent';
  permission: Permission;
}

/** What is replaced of a repository; what is absent stays. */
export interface RepositoryChange {
  description?: string;
  visibility?: 'public' | 'private';
  /** An existing branch. */
  defaultBranch?: string;
  requireSigned?: boolean;
  refusePolyglot?: boolean;
}

/** What the admins of a repository decide about it; each change is noted with it. */
export interface SettingsStore {
  /** By handle. */
  listCollaborators(repoId: string): Promise<Collaborator[]>;
  /** By pattern. */
  listRules(repoId: string): Promise<BranchRule[]>;
  /** False when there is no such repository any more, or no such branch. Nothing is changed then. */
  updateRepository(repoId: string, change: RepositoryChange, audit: AuditEntry): Promise<boolean>;
  /** Adds a collaborator, or changes the permission of one. */
  putCollaborator(
    repoId: string,
    userId: string,
    permission: Permission,
    audit: AuditEntry,
  ): Promise<void>;
  /** False when the account is none. */
  removeCollaborator(repoId: string, userId: string, audit: AuditEntry): Promise<boolean>;
  /** Adds a rule, or replaces that of the same pattern. */
  putRule(repoId: string, rule: BranchRule, audit: AuditEntry): Promise<void>;
  /** False when there is no rule of this pattern. */
  removeRule(repoId: string, pattern: string, audit: AuditEntry): Promise<boolean>;
  /** Takes a repository away and frees its name; false when it was before. */
  deleteRepository(repoId: string, audit: AuditEntry): Promise<boolean>;
}
