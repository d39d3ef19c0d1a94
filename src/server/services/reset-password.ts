import { ANONYMOUS } from '~/server/access';
import { type AccountDeps, ofAccount } from './account-deps';
import { accountRefusal } from './account-problem';
import { auditEntry } from './audit-entry';
import { expectGoodPassword } from './check-password';

/**
 * Sets a password with the code that an admin gave, which is used up by it; every session of the
 * account ends. Throws `Refusal` with the problem: `invitation-gone`, or of the password.
 */
export async function redeemReset(
  { code, password }: { code: string; password: string },
  deps: Pick<AccountDeps, 'passwords' | 'hasher' | 'invitationCodes' | 'use'>,
): Promise<{ userId: string; handle: string }> {
  const codeHash = deps.invitationCodes.hash(code.trim());
  const account = codeHash && (await deps.passwords.findReset(codeHash));
  if (!codeHash || !account) throw accountRefusal('invitation-gone');
  expectGoodPassword(password, account.handle);
  const passwordHash = await deps.hasher.hash(password);
  const redeemed = await deps.passwords.redeemReset(codeHash, passwordHash, ({ id, handle }) => ({
    ...auditEntry(ANONYMOUS, deps, {
      ...{ action: 'account.password', ...ofAccount({ id, handle }), detail: { by: 'reset' } },
    }),
    ...{ actorId: id, actorName: handle },
  }));
  if (!redeemed) throw accountRefusal('invitation-gone');
  return redeemed;
}
