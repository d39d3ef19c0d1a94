import type { PushKind } from '~/wire/frames';
import {
  branchMatches,
  type Decision,
  decideAccess,
  type Principal,
  type RepositoryAccess,
} from './access';
import type { BranchRule } from './ports/push-store';

/** The rules that speak about a branch; where several do, each of them must allow. */
export function rulesFor(rules: BranchRule[], branch: string): BranchRule[] {
  return rules.filter((rule) => branchMatches(rule.pattern, branch));
}

/** Whether new commits on a branch need a valid signature of a registered key. */
export function requiresSigned(
  repository: { requireSigned: boolean },
  rules: BranchRule[],
  branch: string,
): boolean {
  return repository.requireSigned || rulesFor(rules, branch).some((rule) => rule.requireSigned);
}

/**
 * Decides whether a principal may change a branch in this way: asked when the HEADER was read, and
 * again, of fresh facts, inside the transaction that moves the branch.
 *
 * Beside what `decideAccess` answers for `write`: `insufficient-scope` when the token is narrowed
 * to other branches, `branch-protected` when a rule forbids it. A `noop` changes nothing, so only
 * the right to push is asked of it.
 */
export function decideBranchChange(
  principal: Principal,
  repo: RepositoryAccess,
  rules: BranchRule[],
  change: { branch: string; kind: PushKind },
): Decision {
  const access = decideAccess(principal, repo, 'write');
  if (!access.allowed) return access;
  const pattern = principal.kind === 'user' ? principal.token?.branchPattern : null;
  if (pattern && !branchMatches(pattern, change.branch)) {
    return { allowed: false, code: 'insufficient-scope' };
  }
  const account = principal.kind === 'user' ? { ...principal, token: null } : principal;
  const isAdmin = decideAccess(account, repo, 'admin').allowed;
  const forbidden = rulesFor(rules, change.branch).some(
    (rule) =>
      (rule.pushRole === 'admin' && !isAdmin) ||
      (change.kind === 'force' && !rule.allowForce) ||
      (change.kind === 'delete' && !rule.allowDelete),
  );
  return forbidden ? { allowed: false, code: 'branch-protected' } : access;
}
