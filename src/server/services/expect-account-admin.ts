import type { Principal } from '~/server/access';
import { Refusal } from '~/wire/errors';

export type User = Extract<Principal, { kind: 'user' }>;

/**
 * The account that may manage its own tokens, keys and sessions: one that is signed in, and whose
 * own token, if it came with one, has the scope `admin` and is narrowed to nothing. What such a
 * token makes can therefore never do more than it.
 *
 * Throws `Refusal`: `unauthenticated`, `insufficient-scope`.
 */
export function expectAccountAdmin(principal: Principal): User {
  if (principal.kind === 'anonymous') throw new Refusal('unauthenticated');
  const { token } = principal;
  const whole =
    !token ||
    (token.scopes.includes('admin') && token.repoIds === null && token.branchPattern === null);
  if (!whole) {
    throw new Refusal(
      'insufficient-scope',
      {},
      'Managing an account needs a token with the scope admin that is not narrowed to repositories or branches.',
    );
  }
  return principal;
}
