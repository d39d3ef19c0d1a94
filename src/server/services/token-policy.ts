import type { Principal } from '~/server/access';
import type { HubSettingsStore } from '~/server/ports/hub-settings';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { checkReason, expectHubAdmin } from './expect-hub-admin';

export interface TokenPolicyDeps {
  hubSettings: Pick<HubSettingsStore, 'load'>;
  /** Days that the environment allows at most. */
  tokenDaysMax: number;
}

/** Days that a new token may be valid at most: as the admins decided, within the environment's bound. */
export async function allowedTokenDays({
  hubSettings,
  tokenDaysMax,
}: TokenPolicyDeps): Promise<number> {
  return Math.min((await hubSettings.load()).tokenDaysMax ?? tokenDaysMax, tokenDaysMax);
}

/**
 * Decides how long new tokens may be valid; those that exist keep their end.
 *
 * @param wanted `days` null: as long as the environment allows
 * Throws `Refusal`: as `expectHubAdmin`, `bad-frame` with the field that is wrong.
 */
export async function setTokenPolicy(
  principal: Principal,
  wanted: { days: number | null; reason: string },
  deps: ActDeps & { hubSettings: Pick<HubSettingsStore, 'save'>; tokenDaysMax: number },
): Promise<void> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(wanted.reason);
  const { days } = wanted;
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= deps.tokenDaysMax)) {
    const message = `Tokens can be valid for 1 to ${deps.tokenDaysMax} days on this hub.`;
    throw new Refusal('bad-frame', { field: 'days' }, message);
  }
  const subject = { kind: 'hub' as const, id: null, name: 'token policy' };
  const detail = { tokenDaysMax: days };
  await deps.hubSettings.save(
    { tokenDaysMax: days },
    auditEntry(admin, deps, { action: 'hub.settings', subject, reason, detail }),
  );
}
