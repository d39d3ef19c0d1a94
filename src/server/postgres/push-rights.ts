import { Refusal } from '~/wire/errors';
import type { PushKind } from '~/wire/frames';
import type { Principal, RepositoryAccess, Scope } from '../access';
import { decideBranchChange, type SignedOnly, signedOnly } from '../branch-rules';
import type { BranchRule, PushRepository } from '../ports/push-store';
import type { Prisma } from './generated/client';

type Transaction = Prisma.TransactionClient;

interface RightsRow {
  handle: string | null;
  role: 'user' | 'admin' | null;
  disabled: boolean | null;
  permission: RepositoryAccess['collaboration'];
  token_found: boolean;
  token_revoked: boolean | null;
  token_expired: boolean | null;
  scopes: Scope[] | null;
  all_repos: boolean | null;
  repo_ids: string[] | null;
  branch_pattern: string | null;
  session_alive: boolean | null;
  rules: RuleRow[];
}

interface RuleRow {
  pattern: string;
  allow_force: boolean;
  allow_delete: boolean;
  push_role: 'read' | 'write' | 'admin';
  require_signed: boolean;
}

/** The right to push is asked again of what the database says now, not of what was read before. */
export interface PushAttempt {
  repoId: string;
  ownerId: string;
  repository: Pick<PushRepository, 'visibility' | 'requireSigned'>;
  principal: Principal;
  branch: string;
  kind: PushKind;
}

/**
 * Throws the `Refusal` with which a push ends whose right was lost since it began: the account, or
 * who answers for it, disabled, the token or session ended, the collaboration taken back, a rule
 * laid on the branch. Returns what asks for signed commits, null for nothing.
 */
export async function expectRight(
  tx: Transaction,
  attempt: PushAttempt,
): Promise<{ signed: SignedOnly | null }> {
  const { principal, repoId } = attempt;
  const userId = principal.kind === 'user' ? principal.userId : null;
  const tokenId = principal.kind === 'user' ? (principal.token?.id ?? null) : null;
  const sessionId = principal.kind === 'user' ? principal.sessionId : null;
  const [row] = await tx.$queryRaw<RightsRow[]>`/* kept */
    SELECT u.handle, u.role::text AS role,
           u.disabled_at IS NOT NULL OR o.disabled_at IS NOT NULL AS disabled,
           c.permission::text AS permission,
           t.id IS NOT NULL AS token_found, t.revoked_at IS NOT NULL AS token_revoked,
           t.expires_at <= clock_timestamp() AS token_expired,
           t.scopes, t.all_repos, t.repo_ids::text[] AS repo_ids, t.branch_pattern,
           s.revoked_at IS NULL AND s.expires_at > clock_timestamp() AS session_alive,
           (SELECT coalesce(json_agg(r), '[]') FROM branch_rules r
             WHERE r.repo_id = ${repoId}::uuid) AS rules
      FROM (SELECT ${userId}::uuid AS id) asking
      LEFT JOIN users u ON u.id = asking.id
      LEFT JOIN users o ON o.id = u.owner_id
      LEFT JOIN collaborators c ON c.repo_id = ${repoId}::uuid AND c.user_id = u.id
      LEFT JOIN access_tokens t ON t.id = ${tokenId}::uuid AND t.user_id = u.id
      LEFT JOIN sessions s ON s.id = ${sessionId}::uuid AND s.user_id = u.id`;
  const rules = row!.rules.map(ruleOf);
  const { branch } = attempt;
  const access: RepositoryAccess = {
    repoId,
    ownerId: attempt.ownerId,
    visibility: attempt.repository.visibility,
    collaboration: row!.permission,
  };
  const decision = decideBranchChange(freshPrincipal(principal, row!), access, rules, attempt);
  if (!decision.allowed) throw new Refusal(decision.code, { branch });
  return { signed: signedOnly(attempt.repository, rules, branch) };
}

/** The principal with what its rows say now. Throws when they say that it is none any more. */
function freshPrincipal(principal: Principal, row: RightsRow): Principal {
  if (principal.kind === 'anonymous') return principal;
  const { token } = principal;
  if (token && (!row.token_found || row.token_revoked)) throw new Refusal('token-revoked');
  if (token && row.token_expired) throw new Refusal('token-expired');
  if (principal.sessionId !== null && !row.session_alive) throw new Refusal('unauthenticated');
  if (row.role === null || row.disabled) throw new Refusal('access-denied');
  return {
    ...principal,
    role: row.role,
    token: token && {
      id: token.id,
      scopes: row.scopes ?? [],
      repoIds: row.all_repos ? null : (row.repo_ids ?? []),
      branchPattern: row.branch_pattern,
      expiresAtMs: token.expiresAtMs,
    },
  };
}

/**
 * Holds the rows that the right rests on until the transaction ends, so that a revocation is either
 * seen by it or comes after it: once a token is revoked, no push of it lands any more.
 */
export async function holdRight(tx: Transaction, attempt: PushAttempt): Promise<void> {
  const { principal, repoId } = attempt;
  if (principal.kind === 'anonymous') return;
  const { userId, sessionId, token } = principal;
  await tx.$queryRaw`/* kept */
    WITH held_user AS (SELECT 1 FROM users WHERE id = ${userId}::uuid
                                              OR id = (SELECT owner_id FROM users
                                                        WHERE id = ${userId}::uuid)
                         FOR SHARE),
         held_token AS (SELECT 1 FROM access_tokens WHERE id = ${token?.id ?? null}::uuid FOR SHARE),
         held_session AS (SELECT 1 FROM sessions WHERE id = ${sessionId}::uuid FOR SHARE),
         held_collaboration AS (SELECT 1 FROM collaborators
                                 WHERE repo_id = ${repoId}::uuid AND user_id = ${userId}::uuid
                                   FOR SHARE)
    SELECT (SELECT count(*) FROM held_user)::int AS users,
           (SELECT count(*) FROM held_token)::int AS tokens,
           (SELECT count(*) FROM held_session)::int AS sessions,
           (SELECT count(*) FROM held_collaboration)::int AS collaborations`;
}

export function ruleOf(row: RuleRow): BranchRule {
  return {
    pattern: row.pattern,
    allowForce: row.allow_force,
    allowDelete: row.allow_delete,
    pushRole: row.push_role === 'admin' ? 'admin' : 'write',
    requireSigned: row.require_signed,
  };
}
