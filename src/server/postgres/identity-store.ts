import type { Principal, Scope } from '../access';
import type { AuditEntry } from '../ports/audit-log';
import type {
  FailureLimit,
  IdentityStore,
  NewToken,
  RepositoryEntry,
  TokenRecord,
} from '../ports/identity-store';
import { countFailure, heardAgainAt } from './auth-failures';
import { asking } from './database-error';
import { audited } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { isUuid, storableText } from './storable';

const TOUCH_EVERY_MS = 60_000;
/** Tokens and sessions whose last use this process remembers; beyond it, it asks the database again. */
const TOUCHED_MAX = 10_000;
const CLIENT_CHARACTERS_MAX = 200;
const ADDRESS_CHARACTERS_MAX = 100;

/** Handles and slugs are unique without regard to case; this is what is compared. */
const keyOf = (name: string) => storableText(name.toLowerCase());

interface TokenRow {
  id: string;
  userId: string;
  handle: string;
  accountKind: 'human' | 'agent';
  role: 'user' | 'admin';
  userDisabled: boolean;
  scopes: Scope[];
  allRepos: boolean;
  repoIds: string[];
  branchPattern: string | null;
  expiresAt: Date | null;
  revoked: boolean;
}

/** Accounts, tokens, sessions and repositories in PostgreSQL. */
export class PostgresIdentityStore implements IdentityStore {
  readonly #touchedAtMs = new Map<string, number>();

  constructor(private readonly prisma: PrismaClient) {}

  async findToken(hash: Uint8Array): Promise<TokenRecord | null> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<TokenRow[]>`/* kept */
        SELECT t.id::text, t.user_id::text AS "userId", u.handle, u.kind::text AS "accountKind",
               u.role::text, t.scopes,
               u.disabled_at IS NOT NULL OR o.disabled_at IS NOT NULL AS "userDisabled",
               t.all_repos AS "allRepos", t.repo_ids::text[] AS "repoIds",
               t.branch_pattern AS "branchPattern", t.expires_at AS "expiresAt",
               t.revoked_at IS NOT NULL AS revoked
          FROM access_tokens t
          JOIN users u ON u.id = t.user_id
          LEFT JOIN users o ON o.id = u.owner_id
         WHERE t.hash = ${hash}`,
    );
    if (!row) return null;
    const { allRepos, repoIds, expiresAt, ...token } = row;
    return {
      ...token,
      repoIds: allRepos ? null : repoIds,
      expiresAtMs: expiresAt?.getTime() ?? null,
    };
  }

  async touchToken(
    tokenId: string,
    use: { atMs: number; address: string; client: string },
  ): Promise<void> {
    if (this.#wasTouched(tokenId, use.atMs)) return;
    // Another process may have noted it: the row decides.
    await asking(
      () => this.prisma.$executeRaw`
        UPDATE access_tokens
           SET last_used_at = to_timestamp(${use.atMs}::bigint / 1000.0),
               last_used_from = ${storableText(use.address, ADDRESS_CHARACTERS_MAX)},
               last_used_client = ${storableText(use.client, CLIENT_CHARACTERS_MAX)}
         WHERE id = ${tokenId}::uuid
           AND (last_used_at IS NULL
                OR last_used_at <= to_timestamp(${use.atMs - TOUCH_EVERY_MS}::bigint / 1000.0))`,
    );
  }

  /** Whether this process noted a use of this token or session within the minute; notes it if not. */
  #wasTouched(id: string, atMs: number): boolean {
    if (atMs - (this.#touchedAtMs.get(id) ?? 0) < TOUCH_EVERY_MS) return true;
    if (this.#touchedAtMs.size >= TOUCHED_MAX) this.#touchedAtMs.clear();
    this.#touchedAtMs.set(id, atMs);
    return false;
  }

  heardAgainAt(limit: FailureLimit, atMs: number): Promise<number | null> {
    return heardAgainAt(this.prisma, limit, atMs);
  }

  countFailure(
    limit: FailureLimit,
    atMs: number,
    note: AuditEntry | null = null,
  ): Promise<number | null> {
    return countFailure(this.prisma, limit, atMs, note);
  }

  async createToken(token: NewToken, audit: AuditEntry): Promise<void> {
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO access_tokens (id, user_id, name, hash, scopes, repo_ids, all_repos,
                                   branch_pattern, expires_at)
        VALUES (${token.id}::uuid, ${token.userId}::uuid, ${storableText(token.name)},
                ${token.hash}, ${token.scopes}::text[], ${token.repoIds ?? []}::uuid[],
                ${token.repoIds === null}, ${token.branchPattern},
                to_timestamp(${token.expiresAtMs}::bigint / 1000.0))`,
    );
  }

  async revokeToken(tokenId: string, audit: AuditEntry): Promise<void> {
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE access_tokens SET revoked_at = clock_timestamp()
         WHERE id = ${tokenId}::uuid AND revoked_at IS NULL`,
    );
  }

  async findUser(handle: string): ReturnType<IdentityStore['findUser']> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<
        {
          id: string;
          handle: string;
          kind: 'human' | 'agent';
          role: 'user' | 'admin';
          disabled: boolean;
        }[]
      >`
        SELECT id::text, handle, kind::text, role::text, disabled_at IS NOT NULL AS disabled
          FROM users WHERE handle_key = ${keyOf(handle)}`,
    );
    return row ?? null;
  }

  async createSession(
    session: Parameters<IdentityStore['createSession']>[0],
    audit: AuditEntry,
  ): Promise<void> {
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO sessions (id, user_id, token_id, expires_at, user_agent, address)
        VALUES (${session.id}::uuid, ${session.userId}::uuid, ${session.tokenId}::uuid,
                to_timestamp(${session.expiresAtMs}::bigint / 1000.0),
                ${storableText(session.userAgent, CLIENT_CHARACTERS_MAX)},
                ${storableText(session.address, ADDRESS_CHARACTERS_MAX)})`,
    );
  }

  /** A session ends with the token that made it, with its account and with who answers for it. */
  async findSession(sessionId: string): Promise<Principal | null> {
    if (!isUuid(sessionId)) return null;
    const [row] = await asking(
      () => this.prisma.$queryRaw<
        (Omit<TokenRow, 'id' | 'userDisabled' | 'revoked'> & {
          tokenId: string | null;
        })[]
      >`/* kept */
        SELECT u.id::text AS "userId", u.handle, u.kind::text AS "accountKind", u.role::text,
               t.id::text AS "tokenId", t.scopes, t.all_repos AS "allRepos",
               t.repo_ids::text[] AS "repoIds", t.branch_pattern AS "branchPattern",
               t.expires_at AS "expiresAt"
          FROM sessions s
          JOIN users u ON u.id = s.user_id AND u.disabled_at IS NULL
          LEFT JOIN users o ON o.id = u.owner_id
          LEFT JOIN access_tokens t ON t.id = s.token_id
         WHERE o.disabled_at IS NULL
           AND s.id = ${sessionId}::uuid
           AND s.revoked_at IS NULL
           AND s.expires_at > clock_timestamp()
           AND (s.token_id IS NULL
                OR (t.revoked_at IS NULL
                    AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())))`,
    );
    if (!row) return null;
    return {
      kind: 'user',
      userId: row.userId,
      handle: row.handle,
      accountKind: row.accountKind,
      role: row.role,
      token:
        row.tokenId === null
          ? null
          : {
              id: row.tokenId,
              scopes: row.scopes,
              repoIds: row.allRepos ? null : row.repoIds,
              branchPattern: row.branchPattern,
              expiresAtMs: row.expiresAt?.getTime() ?? null,
            },
      sessionId,
    };
  }

  async touchSession(
    sessionId: string,
    use: { atMs: number; address: string; client: string },
  ): Promise<void> {
    if (this.#wasTouched(sessionId, use.atMs)) return;
    await asking(
      () => this.prisma.$executeRaw`
        UPDATE sessions
           SET last_used_at = to_timestamp(${use.atMs}::bigint / 1000.0),
               address = ${storableText(use.address, ADDRESS_CHARACTERS_MAX)},
               user_agent = ${storableText(use.client, CLIENT_CHARACTERS_MAX)}
         WHERE id = ${sessionId}::uuid
           AND last_used_at <= to_timestamp(${use.atMs - TOUCH_EVERY_MS}::bigint / 1000.0)`,
    );
  }

  async revokeSession(sessionId: string, audit: AuditEntry): Promise<void> {
    if (!isUuid(sessionId)) return;
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE sessions SET revoked_at = clock_timestamp()
         WHERE id = ${sessionId}::uuid AND revoked_at IS NULL`,
    );
  }

  async findRepository(
    owner: string,
    slug: string,
    principal: Principal,
  ): Promise<RepositoryEntry | null> {
    const userId = principal.kind === 'user' ? principal.userId : null;
    const [row] = await asking(
      () => this.prisma.$queryRaw<
        (RepositoryEntry['repository'] & {
          ownerId: string;
          collaboration: RepositoryEntry['access']['collaboration'];
        })[]
      >`/* kept */
        SELECT r.id::text, u.handle AS owner, r.slug, r.visibility::text,
               r.default_branch AS "defaultBranch", r.id_format AS "idFormat",
               r.require_signed AS "requireSigned", r.refuse_polyglot AS "refusePolyglot",
               r.description, r.domain, r.muse_repo_id AS "museRepoId",
               r.owner_id::text AS "ownerId", c.permission::text AS collaboration
          FROM users u
          JOIN repositories r ON r.owner_id = u.id
          LEFT JOIN collaborators c ON c.repo_id = r.id AND c.user_id = ${userId}::uuid
         WHERE u.handle_key = ${keyOf(owner)}
           AND r.slug_key = ${keyOf(slug)}
           AND r.deleted_at IS NULL`,
    );
    if (!row) return null;
    const { ownerId, collaboration, ...repository } = row;
    const { id, visibility } = repository;
    return { repository, access: { repoId: id, ownerId, visibility, collaboration } };
  }

  async createRepository(
    repo: Parameters<IdentityStore['createRepository']>[0],
    audit: AuditEntry,
  ): Promise<{ id: string } | null> {
    const created = await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        INSERT INTO repositories (id, owner_id, slug, slug_key, description, visibility)
        VALUES (${repo.id}::uuid, ${repo.ownerId}::uuid, ${repo.slug}, ${keyOf(repo.slug)},
                ${storableText(repo.description)}, ${repo.visibility}::visibility)
        ON CONFLICT (owner_id, slug_key) DO NOTHING`,
    );
    return created === 1 ? { id: repo.id } : null;
  }
}
