import type { Principal } from '~/server/access';
import type { PasswordHasher } from '~/server/ports/password-hasher';
import type { PasswordStore, StoredPassword } from '~/server/ports/password-store';
import type { AccountDeps } from '~/server/services/account-deps';
import { ofAccount } from '~/server/services/account-deps';
import { PASSWORD_MAX_BYTES } from '~/server/services/account-limits';
import { accountRefusal } from '~/server/services/account-problem';
import { auditEntry } from '~/server/services/audit-entry';
import { expectGoodPassword } from '~/server/services/check-password';
import { expectAccountAdmin } from '~/server/services/expect-account-admin';
import { expectPerson } from '~/server/services/make-account';
import type { AuthenticateDeps } from './authenticate';
import { ofAddress, ofPassword, tooManyFailures } from './failure-limits';

export interface PasswordDeps extends Pick<AccountDeps, 'use' | 'clock'> {
  identities: Pick<AuthenticateDeps['identities'], 'heardAgainAt' | 'countFailure'>;
  passwords: PasswordStore;
  hasher: PasswordHasher;
}

/**
 * Finds the account that a handle and a password stand for. Whether there is such an account, or one
 * with a password, is told by neither the answer nor the time that it takes.
 *
 * Throws `Refusal`: `sign-in-wrong`, `disabled` once the password was right, `rate-limited` after
 * ten failures in a minute from one address, or a hundred in an hour for one handle. Unlike with a
 * token, that holds for the right password too, since a guess could be right; who has a token or a
 * sign-in of another site comes in by it.
 */
export async function authenticatePassword(
  { handle, password }: { handle: string; password: string },
  deps: PasswordDeps,
): Promise<{ userId: string; handle: string }> {
  const known = await deps.passwords.findPassword(handle.trim());
  const right = await isRight(handle.trim(), password, known, deps);
  if (!known || !right) throw accountRefusal('sign-in-wrong');
  if (known.disabled) throw accountRefusal('disabled');
  return { userId: known.userId, handle: known.handle };
}

/** A session that began so short a time ago stands for the password. */
const FRESH_MS = 10 * 60_000;

export interface PasswordChange {
  /** The password one has; '' where there is none, or the sign-in is fresh. */
  current: string;
  next: string;
}

/**
 * Sets or changes the password of the one who asks, and ends the other sessions; returns how many.
 * It takes the current password, or a session that began within ten minutes.
 *
 * Throws `Refusal`: as `expectAccountAdmin`, `persons-only`, `password-wrong`, a problem of the new
 * password, `rate-limited` as `authenticatePassword`.
 */
export async function changePassword(
  principal: Principal,
  { current, next }: PasswordChange,
  deps: PasswordDeps & SessionAge,
): Promise<number> {
  const user = expectPerson(expectAccountAdmin(principal));
  expectGoodPassword(next, user.handle);
  if (!(await hasFreshSession(user, deps))) {
    const known = await deps.passwords.findPassword(user.handle);
    if (!(await isRight(user.handle, current, known, deps))) throw accountRefusal('password-wrong');
  }
  const hash = await deps.hasher.hash(next);
  const own = { id: user.userId, handle: user.handle };
  const entry = auditEntry(user, deps, {
    ...{ action: 'account.password', ...ofAccount(own), detail: { by: 'change' } },
  });
  return deps.passwords.setPassword(user.userId, hash, user.sessionId, entry);
}

interface SessionAge {
  sessions: {
    /** When a session of the account began, ms since the epoch; null when none stands. */
    startedAt(userId: string, sessionId: string): Promise<number | null>;
  };
}

/** Whether the one who asks signed in to this browser a short time ago. */
export async function hasFreshSession(
  { userId, sessionId }: { userId: string; sessionId: string | null },
  { sessions, clock }: SessionAge & Pick<PasswordDeps, 'clock'>,
): Promise<boolean> {
  const startedAtMs = sessionId === null ? null : await sessions.startedAt(userId, sessionId);
  return startedAtMs !== null && clock.now() - startedAtMs <= FRESH_MS;
}

async function isRight(
  handle: string,
  password: string,
  known: StoredPassword | null,
  { identities, passwords, hasher, clock, use }: PasswordDeps,
): Promise<boolean> {
  const now = clock.now();
  const limits = [ofAddress(use.address), ofPassword(handle)];
  for (const limit of limits) {
    const heardAgainAtMs = await identities.heardAgainAt(limit, now);
    if (heardAgainAtMs !== null) throw tooManyFailures(heardAgainAtMs, now);
  }
  const stored = known?.hash ?? null;
  const tooLong = Buffer.byteLength(password) > PASSWORD_MAX_BYTES;
  const { right, stale } = tooLong
    ? { right: false, stale: false }
    : await hasher.verify(password, stored);
  if (!right) for (const limit of limits) await identities.countFailure(limit, now);
  if (stale && known && stored !== null) {
    await passwords.rehashPassword(known.userId, stored, await hasher.hash(password));
  }
  return right;
}
