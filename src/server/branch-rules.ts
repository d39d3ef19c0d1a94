import { type ErrorCode, type ErrorDetail, Refusal } from '~/wire/errors';
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

/** What asks for signed commits; its detail in a refusal. */
export type SignedOnly =
  | { required_by: 'repository' }
  | { required_by: 'branch-rule'; pattern: string };

/**
 * Whether new commits on a branch need a valid signature of a registered key, and who says so: the
 * repository, else the first of its rules that does; null: nobody.
 */
export function signedOnly(
  repository: { requireSigned: boolean },
  rules: BranchRule[],
  branch: string,
): SignedOnly | null {
  if (repository.requireSigned) return { required_by: 'repository' };
  const rule = rulesFor(rules, branch).find(({ requireSigned }) => requireSigned);
  return rule ? { required_by: 'branch-rule', pattern: rule.pattern } : null;
}

/** The refusal of a commit that is not signed, or not by a registered key, where it has to be. */
export function refuseUnsigned(code: ErrorCode, by: SignedOnly, detail: ErrorDetail = {}): Refusal {
  const who = by.required_by === 'repository' ? 'This repository' : `The rule for ${by.pattern}`;
  const why =
    code === 'signature-required'
      ? 'sign the commit (musehub push --sign) and push again.'
      : 'this one’s signature does not verify with a registered key: register it, or sign again.';
  return new Refusal(code, { ...detail, ...by }, `${who} takes signed commits only; ${why}`);
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
