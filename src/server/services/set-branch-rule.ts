import type { BranchRule } from '~/server/ports/push-store';
import { Refusal } from '~/wire/errors';
import { checkBranchPattern } from './check-branch-pattern';
import type { OpenRepository } from './open-repository';
import { expectRepositoryAdmin, type SettingsDeps } from './show-settings';

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
  { settings }: SettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  const pattern = checkBranchPattern(rule.pattern);
  const rules = await settings.listRules(repo.entry.id);
  if (rules.length >= RULES_MAX && !rules.some((other) => other.pattern === pattern)) {
    const message = `A repository has at most ${RULES_MAX} branch rules.`;
    throw new Refusal('limit-exceeded', { limit: RULES_MAX }, message);
  }
  await settings.putRule(repo.entry.id, { ...rule, pattern });
}

/** Takes a rule away. Throws `Refusal`: `access-denied`, `object-not-found`. */
export async function removeBranchRule(
  repo: OpenRepository,
  pattern: string,
  { settings }: SettingsDeps,
): Promise<void> {
  expectRepositoryAdmin(repo);
  if (await settings.removeRule(repo.entry.id, pattern)) return;
  throw new Refusal('object-not-found', {}, 'There is no rule of this pattern.');
}
