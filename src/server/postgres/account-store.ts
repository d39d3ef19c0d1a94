import type {
  Account,
  AccountChange,
  AccountQuery,
  AccountStore,
  CreationProblem,
  ListedAccount,
  NewAccount,
  Role,
} from '../ports/account-store';
import type { AuditEntry } from '../ports/audit-log';
import { asking } from './database-error';
import { Prisma } from './generated/client';
import { ACT_OPTIONS, audited, insertAudit } from './insert-audit';
import type { PrismaClient } from './prisma-client';
import { isUuid, storableText } from './storable';

type Transaction = Prisma.TransactionClient;

interface AccountRow extends Omit<Account, 'owner' | 'createdAtMs'> {
  ownerId: string | null;
  ownerHandle: string | null;
  ownerDisabled: boolean | null;
  createdAt: Date;
}

interface ListedRow extends AccountRow {
  tokens: number;
  lastUsedAt: Date | null;
}

const COLUMNS = Prisma.sql`
  u.id::text, u.handle, u.display_name AS "displayName", u.kind::text, u.role::text,
  u.disabled_at IS NOT NULL AS disabled, u.password_hash IS NOT NULL AS "hasPassword",
  u.created_at AS "createdAt", o.id::text AS "ownerId", o.handle AS "ownerHandle",
  o.disabled_at IS NOT NULL AS "ownerDisabled"`;

/** A page has at most 100 accounts, each with few tokens and sessions: both are asked by index. */
const LISTED_COLUMNS = Prisma.sql`${COLUMNS},
  (SELECT count(*)::int FROM access_tokens t
    WHERE t.user_id = u.id AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > clock_timestamp())) AS tokens,
  greatest((SELECT max(t.last_used_at) FROM access_tokens t WHERE t.user_id = u.id),
           (SELECT max(s.last_used_at) FROM sessions s WHERE s.user_id = u.id)) AS "lastUsedAt"`;

/** Ends a transaction without its changes, with what is told instead. */
class Undone extends Error {
  constructor(readonly problem: CreationProblem) {
    super(problem);
  }
}

/** Accounts in PostgreSQL. */
export class PostgresAccountStore implements AccountStore {
  constructor(private readonly prisma: PrismaClient) {}

  async findAccount(userId: string): Promise<Account | null> {
    if (!isUuid(userId)) return null;
    return this.#find(Prisma.sql`u.id = ${userId}::uuid`);
  }

  findAccountByHandle(handle: string): Promise<Account | null> {
    return this.#find(Prisma.sql`u.handle_key = ${storableText(handle.toLowerCase())}`);
  }

  async #find(which: Prisma.Sql): Promise<Account | null> {
    const [row] = await asking(
      () => this.prisma.$queryRaw<AccountRow[]>`
        SELECT ${COLUMNS} FROM users u LEFT JOIN users o ON o.id = u.owner_id WHERE ${which}`,
    );
    return row ? accountOf(row) : null;
  }

  async createAccount(account: NewAccount, audit: AuditEntry): Promise<CreationProblem | null> {
    try {
      await asking(() => this.prisma.$transaction((tx) => create(tx, account, audit), ACT_OPTIONS));
      return null;
    } catch (error) {
      if (error instanceof Undone) return error.problem;
      throw error;
    }
  }

  async setDisplayName(userId: string, displayName: string, audit: AuditEntry): Promise<void> {
    await audited(
      this.prisma,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE users SET display_name = ${storableText(displayName)} WHERE id = ${userId}::uuid`,
    );
  }

  listAgents(ownerId: string, limit: number): Promise<ListedAccount[]> {
    return this.#list(Prisma.sql`u.owner_id = ${ownerId}::uuid`, limit);
  }

  listAccounts(query: AccountQuery): Promise<ListedAccount[]> {
    const { text, kind, role, disabled, after, limit } = query;
    const part = storableText(text.toLowerCase());
    return this.#list(
      Prisma.sql`
            (${part} = '' OR strpos(u.handle_key, ${part}) > 0
             OR strpos(lower(u.display_name), ${part}) > 0)
        AND (${kind}::text IS NULL OR u.kind::text = ${kind})
        AND (${role}::text IS NULL OR u.role::text = ${role})
        AND (${disabled}::boolean IS NULL OR (u.disabled_at IS NOT NULL) = ${disabled})
        AND (${after}::text IS NULL
             OR u.handle_key > ${after === null ? null : storableText(after.toLowerCase())}::text)`,
      limit,
    );
  }

  async #list(which: Prisma.Sql, limit: number): Promise<ListedAccount[]> {
    const rows = await asking(
      () => this.prisma.$queryRaw<ListedRow[]>`
        SELECT ${LISTED_COLUMNS}
          FROM users u LEFT JOIN users o ON o.id = u.owner_id
         WHERE ${which}
         ORDER BY u.handle_key
         LIMIT ${limit}::int`,
    );
    return rows.map(({ tokens, lastUsedAt, ...row }) => ({
      ...accountOf(row),
      tokens,
      lastUsedAtMs: lastUsedAt?.getTime() ?? null,
    }));
  }

  setDisabled(userId: string, disabled: boolean, audit: AuditEntry): Promise<AccountChange> {
    return this.#change(
      userId,
      disabled,
      audit,
      (tx) => tx.$executeRaw`
        UPDATE users SET disabled_at = CASE WHEN ${disabled} THEN clock_timestamp() END
         WHERE id = ${userId}::uuid AND (disabled_at IS NOT NULL) <> ${disabled}`,
    );
  }

  setRole(userId: string, role: Role, audit: AuditEntry): Promise<AccountChange> {
    return this.#change(
      userId,
      role === 'user',
      audit,
      (tx) => tx.$executeRaw`
        UPDATE users SET role = ${role}::role
         WHERE id = ${userId}::uuid AND role <> ${role}::role`,
    );
  }

  /** @param takes whether an admin would be lost by it */
  #change(
    userId: string,
    takes: boolean,
    audit: AuditEntry,
    update: (tx: Transaction) => Promise<number>,
  ): Promise<AccountChange> {
    return asking(() =>
      this.prisma.$transaction(async (tx) => {
        if (takes && (await isLastAdmin(tx, userId))) return 'last-admin';
        if ((await update(tx)) === 0) return 'unchanged';
        await insertAudit(tx, audit);
        return 'done';
      }, ACT_OPTIONS),
    );
  }
}

/**
 * Whether nobody else could look after the hub. All admins are held when the account is one of them,
 * so that two cannot take each other away at the same time.
 */
async function isLastAdmin(tx: Transaction, userId: string): Promise<boolean> {
  const [account] = await tx.$queryRaw<{ role: Role }[]>`
    SELECT role::text FROM users WHERE id = ${userId}::uuid`;
  if (account?.role !== 'admin') return false;
  const admins = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM users
     WHERE role = 'admin' AND kind = 'human' AND disabled_at IS NULL
     ORDER BY id FOR NO KEY UPDATE`;
  return admins.length === 1 && admins[0]?.id === userId;
}

async function create(tx: Transaction, account: NewAccount, audit: AuditEntry): Promise<void> {
  const { id, login, invitationId } = account;
  if (invitationId !== null) {
    const used = await tx.$executeRaw`
      UPDATE invitations SET uses = uses + 1
       WHERE id = ${invitationId}::uuid AND account_id IS NULL AND revoked_at IS NULL
         AND uses < uses_max AND expires_at > clock_timestamp()`;
    if (used === 0) throw new Undone('invitation-gone');
  }
  const key = storableText(account.handle.toLowerCase());
  const created = await tx.$executeRaw`
    INSERT INTO users (id, handle, handle_key, display_name, kind, owner_id, role, password_hash)
    VALUES (${id}::uuid, ${account.handle}, ${key}, ${storableText(account.displayName)},
            ${account.kind}::account_kind, ${account.ownerId}::uuid, ${account.role}::role,
            ${account.passwordHash})
    ON CONFLICT (handle_key) DO NOTHING`;
  if (created === 0) throw new Undone('handle-taken');
  if (login !== null) {
    const linked = await tx.$executeRaw`
      INSERT INTO linked_logins (provider, subject, user_id, name)
      VALUES (${login.provider}, ${storableText(login.subject)}, ${id}::uuid,
              ${storableText(login.name)})
      ON CONFLICT (provider, subject) DO NOTHING`;
    if (linked === 0) throw new Undone('login-taken');
  }
  await insertAudit(tx, audit);
}

function accountOf(row: AccountRow): Account {
  const { ownerId, ownerHandle, ownerDisabled, createdAt, ...account } = row;
  return {
    ...account,
    owner:
      ownerId === null
        ? null
        : { id: ownerId, handle: ownerHandle!, disabled: ownerDisabled ?? false },
    createdAtMs: createdAt.getTime(),
  };
}
