import type { BranchRule } from '~/server/ports/push-store';
import { Refusal } from '~/wire/errors';
import { auditEntry, ofRepository } from './audit-entry';
import { checkBranchPattern } from './check-branch-pattern';
import type { OpenRepository } from './open-repository';
import { type ChangeSettingsDeps, expectRepositoryAdmin } from './show-settings';

const RULES_MAX = 100;

/**
 * Lays a rule on the branches that a pattern covers, in the place of the one of the same pattern.
 * Every push asks the rules again in its transaction, so it holds from now on.
 *
 * Throws `Refusal`: `access-denied`, `bad-frame` for what is no pattern, `limit-exceeded`.
 */
export async function setBranchRule(
  repo: OpenRepository,
  rule: BranchRule,
  deps: ChangeSettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const pattern = checkBranchPattern(rule.pattern);
  const rules = await deps.settings.listRules(repo.entry.id);
  if (rules.length >= RULES_MAX && !rules.some((other) => other.pattern === pattern)) {
    const message = `A repository has at most ${RULES_MAX} branch rules.`;
    throw new Refusal('limit-exceeded', { limit: RULES_MAX }, message);
  }
  const wanted = { ...rule, pattern };
  const entry = auditEntry(repo.principal, deps, {
    action: 'branch-rule.set',
    ...ofRepository(repo.entry),
    detail: wanted,
  });
  await deps.settings.putRule(repo.entry.id, wanted, entry);
}

/** Takes a rule away. Throws `Refusal`: `access-denied`, `object-not-found`. */
export async function removeBranchRule(
  repo: OpenRepository,
  pattern: string,
  deps: ChangeSettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const entry = auditEntry(repo.principal, deps, {
    action: 'branch-rule.remove',
    ...ofRepository(repo.entry),
    detail: { pattern },
  });
  if (await deps.settings.removeRule(repo.entry.id, pattern, entry)) return;
  throw new Refusal('object-not-found', {}, 'There is no rule of this pattern.');
}
