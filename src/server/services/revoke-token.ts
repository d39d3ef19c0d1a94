import type { Principal } from '~/server/access';
import type { IdentityStore } from '~/server/ports/identity-store';
import type { TokenStore } from '~/server/ports/token-store';
import { Refusal } from '~/wire/errors';
import { expectAccountAdmin } from './expect-account-admin';

/**
 * Ends a token of the one who asks, with its sessions and with pushes of it that are under way.
 *
 * Throws `Refusal`: as `expectAccountAdmin`, and `object-not-found` when the account has no such
 * token, or it was revoked before.
 */
export async function revokeToken(
  principal: Principal,
  tokenId: string,
  { tokens }: { tokens: Pick<TokenStore, 'revokeOwnToken'> },
): Promise<void> {
  const user = expectAccountAdmin(principal);
  if (await tokens.revokeOwnToken(user.userId, tokenId)) return;
  throw new Refusal('object-not-found', {}, 'You have no such token; it may be revoked already.');
}

/**
 * Ends a token for whoever has its text: who found a leaked one can do nothing worse with it than
 * its thief. Doing it again changes nothing.
 *
 * @param hash SHA-256 of the token's text
 * Throws `Refusal` `object-not-found` when there is no such token.
 */
export async function revokeLeakedToken(
  hash: Uint8Array,
  { identities }: { identities: Pick<IdentityStore, 'findToken' | 'revokeToken'> },
): Promise<void> {
  const token = await identities.findToken(hash);
  if (!token) throw new Refusal('object-not-found', {}, 'This is not a token of this hub.');
  await identities.revokeToken(token.id);
}
