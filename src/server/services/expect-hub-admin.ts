import type { Principal } from '~/server/access';
import { Refusal } from '~/wire/errors';
import { expectAccountAdmin, type User } from './expect-account-admin';

export const REASON_MAX_CHARS = 500;

/** Whether an account looks after the hub; what its token allows is another question. */
export const isHubAdmin = (principal: Principal): principal is User =>
  principal.kind === 'user' && principal.role === 'admin';

/**
 * The admin of the hub who asks: an account of that role, whose own token, if it came with one, is
 * whole. For everybody else there is nothing here.
 *
 * Throws `Refusal`: `object-not-found` for those who are no admins, `insufficient-scope` for an
 * admin with a narrow token.
 */
export function expectHubAdmin(principal: Principal): User {
  if (!isHubAdmin(principal)) {
    throw new Refusal('object-not-found', {}, 'There is nothing at this address.');
  }
  return expectAccountAdmin(principal);
}

/** Why an admin does something to others, for the audit log. Throws `Refusal` `bad-frame`. */
export function checkReason(given: string): string {
  const reason = given.trim();
  if (reason !== '' && reason.length <= REASON_MAX_CHARS) return reason;
  const message = `Say why, in 1 to ${REASON_MAX_CHARS} characters; it is kept in the audit log.`;
  throw new Refusal('bad-frame', { field: 'reason' }, message);
}
