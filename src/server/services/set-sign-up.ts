import type { Principal } from '~/server/access';
import type { HubSettings } from '~/server/ports/hub-settings';
import type { AccountDeps } from './account-deps';
import { auditEntry } from './audit-entry';
import { checkReason, expectHubAdmin } from './expect-hub-admin';

export type SignUp = HubSettings['signUp'];

/** Who may make accounts. Throws `Refusal` as `expectHubAdmin`. */
export async function showSignUp(
  principal: Principal,
  { hubSettings }: Pick<AccountDeps, 'hubSettings'>,
): Promise<SignUp> {
  expectHubAdmin(principal);
  return (await hubSettings.load()).signUp;
}

/** Decides who may make accounts from now on. Throws as `showSignUp`, `bad-frame` without a reason. */
export async function setSignUp(
  principal: Principal,
  { signUp, reason: given }: { signUp: SignUp; reason: string },
  deps: Pick<AccountDeps, 'hubSettings' | 'use'>,
): Promise<void> {
  const admin = expectHubAdmin(principal);
  const reason = checkReason(given);
  const subject = { kind: 'hub' as const, id: null, name: 'sign-up' };
  const entry = auditEntry(admin, deps, {
    ...{ action: 'hub.settings', subject, reason, detail: { signUp } },
  });
  await deps.hubSettings.save({ signUp }, entry);
}
