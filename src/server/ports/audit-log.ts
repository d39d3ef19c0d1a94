import type { AccountKind } from '../access';

/**
 * What is noted of those who change accounts, tokens, sessions, repositories' settings or the hub.
 * A new kind of act gets its name here; docs/adding.md says how an act is audited.
 */
export const AUDIT_ACTIONS = [
  'account.create',
  'account.update',
  'account.disable',
  'account.enable',
  'account.role',
  'account.reset',
  'account.password',
  'account.link',
  'account.unlink',
  'invitation.create',
  'invitation.revoke',
  'sign-in',
  'sign-in.failed',
  'sign-out',
  'session.end',
  'token.create',
  'token.revoke',
  'token.revoke-leaked',
  'token.refused',
  'key.add',
  'key.revoke',
  'device.approve',
  'device.deny',
  'repository.create',
  'repository.update',
  'repository.delete',
  'collaborator.set',
  'collaborator.remove',
  'branch.restore',
  'branch.delete',
  'branch-rule.set',
  'branch-rule.remove',
  'job.retry',
  'hub.settings',
  'tag.remove',
  'release.delete',
  'comment.delete',
] as const;
export type AuditAction = (typeof AUDIT_ACTIONS)[number];

/** What an act is done to. */
export interface AuditSubject {
  kind:
    | 'account'
    | 'invitation'
    | 'token'
    | 'session'
    | 'device'
    | 'key'
    | 'repository'
    | 'job'
    | 'hub';
  id: string | null;
  /** As people call it, at the time of the act. Never a secret. */
  name: string;
}

/** One act, made by `auditEntry` (services/audit-entry.ts) and written together with it. */
export interface AuditEntry {
  action: AuditAction;
  /** The account that acts; null: nobody who is signed in, or the hub itself. */
  actorId: string | null;
  /** Its handle at the time; '' for nobody. */
  actorName: string;
  /** The token that it came with, or that signed its session in. */
  tokenId: string | null;
  sessionId: string | null;
  subject: AuditSubject;
  /** The repository that the act is about, to filter by. */
  repoId: string | null;
  address: string;
  client: string;
  /** Why, in the words of the one who acts; '' where nobody is asked. */
  reason: string;
  /** What else there is to know, as JSON: the new settings, the scopes. Never a secret. */
  detail: Record<string, unknown>;
}

export interface AuditRow extends AuditEntry {
  /** A whole number in decimal digits, rising with time. */
  id: string;
  atMs: number;
  actorKind: AccountKind | null;
  tokenName: string | null;
  /** Where the repository is now; null when there is none, or it was deleted. */
  repository: { owner: string; slug: string } | null;
}

/** Where a page goes on: below this time and id. */
export interface AuditCursor {
  atMs: number;
  id: string;
}

export interface AuditQuery {
  /** A handle, without case; null: everybody. */
  actor: string | null;
  action: AuditAction | null;
  /** Deleted ones too; null: whatever it is about. */
  repository: { owner: string; slug: string } | null;
  /** From this time on, ms since the epoch; null: from the beginning. */
  fromMs: number | null;
  /** Before this time; null: until now. */
  untilMs: number | null;
  before: AuditCursor | null;
  limit: number;
}

/** The log of acts: it is only ever added to. */
export interface AuditLog {
  /** Notes an act that changes nothing else, such as a failed sign-in. */
  append(entry: AuditEntry): Promise<void>;
  /** Newest first. */
  list(query: AuditQuery): Promise<AuditRow[]>;
}
