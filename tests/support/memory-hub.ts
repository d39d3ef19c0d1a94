import { randomUUID } from 'node:crypto';
import type { Id, IdFormat } from '~/muse/ids';
import type { Principal, Scope } from '~/server/access';
import type { AuditEntry } from '~/server/ports/audit-log';
import type { HubSettings } from '~/server/ports/hub-settings';
import type { LinkedLogin } from '~/server/ports/linked-login-store';
import type {
  BranchRule,
  NewCommit,
  NewObject,
  NewSegment,
  NewSnapshot,
  PushCounts,
  PushOpening,
  PushOutcome,
} from '~/server/ports/push-store';
import type { NewRelease } from '~/server/ports/release-store';
import type { NewTag } from '~/server/ports/tag-store';
import type { RepositorySettings, StoredCounts } from './store-world';

/** What the memory stubs of the stores share: the database of a hub, as maps. */

export interface MemoryUser {
  id: string;
  handle: string;
  displayName: string;
  kind: 'human' | 'agent';
  role: 'user' | 'admin';
  ownerId: string | null;
  disabled: boolean;
  passwordHash: string | null;
  createdAtMs: number;
}

export interface MemoryInvitation {
  id: string;
  hash: string;
  accountId: string | null;
  madeById: string;
  note: string;
  uses: number;
  usesMax: number;
  createdAtMs: number;
  expiresAtMs: number;
  revoked: boolean;
}

export interface MemoryToken {
  id: string;
  userId: string;
  name: string;
  hash: string;
  createdAtMs: number;
  scopes: Scope[];
  repoIds: string[] | null;
  branchPattern: string | null;
  expiresAtMs: number | null;
  revoked: boolean;
  lastUse: { atMs: number; address: string; client: string } | null;
}

export interface MemorySession {
  id: string;
  userId: string;
  tokenId: string | null;
  createdAtMs: number;
  lastUsedAtMs: number;
  expiresAtMs: number;
  revoked: boolean;
  address: string;
  userAgent: string;
}

export interface MemorySigningKey {
  publicKey: Uint8Array;
  userId: string;
  name: string;
  createdAtMs: number;
  revokedAtMs: number | null;
}

export interface MemoryPush extends Omit<PushOutcome, 'frame'> {
  frame: PushOutcome['frame'];
  opening: Pick<PushOpening, 'client' | 'address' | 'principal' | 'restoredSeq'>;
  counts: PushCounts;
  seenAtMs: number;
}

export interface MemoryRelease extends NewRelease {
  actorId: string;
  record: Record<string, unknown>;
  editedAtMs: number | null;
}

export interface MemoryRepository {
  id: string;
  ownerId: string;
  slug: string;
  description: string;
  visibility: 'public' | 'private';
  defaultBranch: string | null;
  idFormat: IdFormat | null;
  museRepoId: string;
  domain: string;
  requireSigned: boolean;
  refusePolyglot: boolean;
  deleted: boolean;
  pushSeq: number;
  /** Counts changes of what refs answer. */
  refsVersion: number;
  branches: Map<string, Id>;
  rules: BranchRule[];
  collaborators: Map<string, 'read' | 'write' | 'admin'>;
  segments: Map<string, NewSegment>;
  objects: Map<Id, NewObject>;
  trees: Map<Id, Uint8Array>;
  snapshots: Map<Id, NewSnapshot>;
  commits: Map<Id, NewCommit & { pushSeq: number }>;
  pushes: Map<string, MemoryPush>;
  tags: Map<string, NewTag & { actorId: string }>;
  releases: MemoryRelease[];
}

export class MemoryHub {
  readonly users = new Map<string, MemoryUser>();
  readonly tokens = new Map<string, MemoryToken>();
  readonly invitations = new Map<string, MemoryInvitation>();
  readonly linkedLogins: (LinkedLogin & { userId: string })[] = [];
  readonly authFailures = new Map<string, { count: number; resetsAtMs: number }>();
  readonly sessions = new Map<string, MemorySession>();
  readonly repositories = new Map<string, MemoryRepository>();
  readonly signingKeys = new Map<string, MemorySigningKey>();
  readonly jobs: { task: string; payload: unknown }[] = [];
  /** Oldest first. */
  readonly acts: (AuditEntry & { atMs: number })[] = [];
  readonly settings: Partial<HubSettings> = {};

  constructor(readonly now: () => number = Date.now) {}

  /** Notes an act, as a store does in the transaction of the act itself. */
  note(entry: AuditEntry): void {
    this.acts.push({ ...entry, atMs: this.now() });
  }

  /** The rows under a repository's id; there can be some, such as a push, without the repository. */
  repository(id: string): MemoryRepository {
    const found = this.repositories.get(id);
    if (found) return found;
    const made = emptyRepository({ id, ownerId: randomUUID(), slug: id, deleted: true });
    this.repositories.set(id, made);
    return made;
  }

  setRules(repoId: string, rules: BranchRule[]): void {
    this.repository(repoId).rules = rules;
  }

  setCollaborator(repoId: string, userId: string, level: 'read' | 'write' | 'admin' | null): void {
    const { collaborators } = this.repository(repoId);
    if (level === null) collaborators.delete(userId);
    else collaborators.set(userId, level);
  }

  setRepository(repoId: string, settings: RepositorySettings): void {
    Object.assign(this.repository(repoId), settings);
  }

  disableUser(userId: string): void {
    const user = this.users.get(userId);
    if (user) user.disabled = true;
  }

  /** An account is out when it, or who answers for it, is disabled. */
  isDisabled(user: MemoryUser): boolean {
    return user.disabled || (this.users.get(user.ownerId ?? '')?.disabled ?? false);
  }

  /** Ends the sessions of an account but one; returns how many. */
  endSessions(userId: string, keptId: string | null): number {
    const ended = [...this.sessions.values()].filter(
      (session) => session.userId === userId && !session.revoked && session.id !== keptId,
    );
    for (const session of ended) session.revoked = true;
    return ended.length;
  }

  countRows(repoId: string): StoredCounts {
    const repository = this.repository(repoId);
    return {
      segments: repository.segments.size,
      objects: repository.objects.size,
      trees: repository.trees.size,
      snapshots: repository.snapshots.size,
      commits: repository.commits.size,
      branches: repository.branches.size,
      acceptedPushes: [...repository.pushes.values()].filter((p) => p.outcome === 'accepted')
        .length,
    };
  }

  /** The principal with what its rows say now; the code with which it is refused when they end it. */
  refresh(
    principal: Principal,
  ): Principal | 'token-revoked' | 'token-expired' | 'unauthenticated' | 'access-denied' {
    if (principal.kind === 'anonymous') return principal;
    const user = this.users.get(principal.userId);
    const token = principal.token && this.tokens.get(principal.token.id);
    const session = principal.sessionId === null ? null : this.sessions.get(principal.sessionId);
    if (principal.token && (!token || token.revoked)) return 'token-revoked';
    if (token && token.expiresAtMs !== null && token.expiresAtMs <= this.now()) {
      return 'token-expired';
    }
    if (session === undefined || session?.revoked) return 'unauthenticated';
    if (session && session.expiresAtMs <= this.now()) return 'unauthenticated';
    if (!user || this.isDisabled(user)) return 'access-denied';
    return {
      ...principal,
      role: user.role,
      token: token
        ? {
            id: token.id,
            scopes: token.scopes,
            repoIds: token.repoIds,
            branchPattern: token.branchPattern,
            expiresAtMs: token.expiresAtMs,
          }
        : null,
    };
  }
}

export function emptyRepository(
  fields: Pick<MemoryRepository, 'id' | 'ownerId' | 'slug'> & Partial<MemoryRepository>,
): MemoryRepository {
  return {
    description: '',
    visibility: 'public',
    defaultBranch: null,
    idFormat: null,
    museRepoId: '',
    domain: 'code',
    requireSigned: false,
    refusePolyglot: false,
    deleted: false,
    pushSeq: 0,
    refsVersion: 0,
    branches: new Map(),
    rules: [],
    collaborators: new Map(),
    segments: new Map(),
    objects: new Map(),
    trees: new Map(),
    snapshots: new Map(),
    commits: new Map(),
    pushes: new Map(),
    tags: new Map(),
    releases: [],
    ...fields,
  };
}
