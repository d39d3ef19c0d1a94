import type { Principal } from '~/server/access';
import type { AuditEntry } from '~/server/ports/audit-log';
import type {
  FailureLimit,
  IdentityStore,
  NewToken,
  RepositoryEntry,
  TokenRecord,
} from '~/server/ports/identity-store';
import { emptyRepository, type MemoryHub } from './memory-hub';

const TOUCH_EVERY_MS = 60_000;

const sameName = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** Accounts, tokens, sessions and repositories in memory. */
export class MemoryIdentityStore implements IdentityStore {
  constructor(readonly hub: MemoryHub) {}

  async findToken(hash: Uint8Array): Promise<TokenRecord | null> {
    const token = [...this.hub.tokens.values()].find((t) => t.hash === hex(hash));
    const user = token && this.hub.users.get(token.userId);
    if (!token || !user) return null;
    return {
      id: token.id,
      userId: user.id,
      handle: user.handle,
      accountKind: user.kind,
      role: user.role,
      userDisabled: this.hub.isDisabled(user),
      scopes: token.scopes,
      repoIds: token.repoIds,
      branchPattern: token.branchPattern,
      expiresAtMs: token.expiresAtMs,
      revoked: token.revoked,
    };
  }

  async touchToken(
    tokenId: string,
    use: { atMs: number; address: string; client: string },
  ): Promise<void> {
    const token = this.hub.tokens.get(tokenId);
    if (!token || use.atMs - (token.lastUse?.atMs ?? 0) < TOUCH_EVERY_MS) return;
    token.lastUse = use;
  }

  async heardAgainAt({ key, max }: FailureLimit, atMs: number): Promise<number | null> {
    const failures = this.hub.authFailures.get(key);
    return failures && failures.count >= max && failures.resetsAtMs > atMs
      ? failures.resetsAtMs
      : null;
  }

  async countFailure(
    limit: FailureLimit,
    atMs: number,
    note: AuditEntry | null = null,
  ): Promise<number | null> {
    const { key, max, windowMs } = limit;
    const known = this.hub.authFailures.get(key);
    const stands = known !== undefined && known.resetsAtMs > atMs;
    const failures = stands ? known : { count: 0, resetsAtMs: atMs + windowMs };
    failures.count++;
    this.hub.authFailures.set(key, failures);
    if (note && failures.count === 1) this.hub.note(note);
    return failures.count > max ? failures.resetsAtMs : null;
  }

  async createToken({ hash, ...token }: NewToken, audit: AuditEntry): Promise<void> {
    const fresh = { createdAtMs: this.hub.now(), revoked: false, lastUse: null };
    const row = { ...token, hash: hex(hash), ...fresh };
    this.hub.tokens.set(token.id, row);
    this.hub.note(audit);
  }

  async revokeToken(tokenId: string, audit: AuditEntry): Promise<void> {
    const token = this.hub.tokens.get(tokenId);
    if (!token || token.revoked) return;
    token.revoked = true;
    this.hub.note(audit);
  }

  async findUser(handle: string): ReturnType<IdentityStore['findUser']> {
    const user = [...this.hub.users.values()].find((u) => sameName(u.handle, handle));
    if (!user) return null;
    const { id, kind, role, disabled } = user;
    return { id, handle: user.handle, kind, role, disabled };
  }

  async createSession(
    session: Parameters<IdentityStore['createSession']>[0],
    audit: AuditEntry,
  ): Promise<void> {
    const now = this.hub.now();
    const times = { createdAtMs: now, lastUsedAtMs: now };
    this.hub.sessions.set(session.id, { ...session, ...times, revoked: false });
    this.hub.note(audit);
  }

  async findSession(sessionId: string): Promise<Principal | null> {
    const session = this.hub.sessions.get(sessionId);
    const user = session && this.hub.users.get(session.userId);
    if (!session || !user) return null;
    const narrow = { scopes: [], repoIds: null, branchPattern: null, expiresAtMs: null };
    const grant = { id: session.tokenId ?? '', ...narrow };
    const principal = this.hub.refresh({
      ...{ kind: 'user', userId: user.id, handle: user.handle, accountKind: user.kind },
      ...{ role: user.role, token: session.tokenId === null ? null : grant, sessionId },
    });
    return typeof principal === 'string' ? null : principal;
  }

  async touchSession(
    sessionId: string,
    use: { atMs: number; address: string; client: string },
  ): Promise<void> {
    const session = this.hub.sessions.get(sessionId);
    if (!session || use.atMs - session.lastUsedAtMs < TOUCH_EVERY_MS) return;
    Object.assign(session, {
      ...{ lastUsedAtMs: use.atMs, address: use.address, userAgent: use.client },
    });
  }

  async revokeSession(sessionId: string, audit: AuditEntry): Promise<void> {
    const session = this.hub.sessions.get(sessionId);
    if (!session || session.revoked) return;
    session.revoked = true;
    this.hub.note(audit);
  }

  async findRepository(
    owner: string,
    slug: string,
    principal: Principal,
  ): Promise<RepositoryEntry | null> {
    const user = [...this.hub.users.values()].find((u) => sameName(u.handle, owner));
    const repository = [...this.hub.repositories.values()].find(
      (r) => r.ownerId === user?.id && sameName(r.slug, slug) && !r.deleted,
    );
    if (!user || !repository) return null;
    const { id, ownerId, visibility, defaultBranch, idFormat, description, domain } = repository;
    const userId = principal.kind === 'user' ? principal.userId : '';
    return {
      repository: {
        ...{ id, owner: user.handle, slug: repository.slug, visibility, defaultBranch, idFormat },
        ...{ description, domain, museRepoId: repository.museRepoId },
        requireSigned: repository.requireSigned,
        refusePolyglot: repository.refusePolyglot,
      },
      access: {
        ...{ repoId: id, ownerId, visibility },
        collaboration: repository.collaborators.get(userId) ?? null,
      },
    };
  }

  async createRepository(
    repo: Parameters<IdentityStore['createRepository']>[0],
    audit: AuditEntry,
  ): Promise<{ id: string } | null> {
    const taken = [...this.hub.repositories.values()].some(
      (r) => r.ownerId === repo.ownerId && sameName(r.slug, repo.slug) && !r.deleted,
    );
    if (taken) return null;
    this.hub.repositories.set(repo.id, emptyRepository(repo));
    this.hub.note(audit);
    return { id: repo.id };
  }
}
