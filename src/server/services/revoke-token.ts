import { ANONYMOUS, type Principal } from '~/server/access';
import type { IdentityStore } from '~/server/ports/identity-store';
import type { NamedToken, TokenStore } from '~/server/ports/token-store';
import { Refusal } from '~/wire/errors';
import { type ActDeps, auditEntry } from './audit-entry';
import { expectAccountAdmin } from './expect-account-admin';

interface RevokeTokenDeps extends ActDeps {
  tokens: Pick<TokenStore, 'nameToken' | 'revokeOwnToken'>;
}

/**
 * Ends a token of the one who asks, with its sessions and with pushes of it that are under way.
 *
 * Throws `Refusal`: as `expectAccountAdmin`, and `object-not-found` when the account has no such
 * token, or it was revoked before.
 */
export async function revokeToken(
  principal: Principal,
  tokenId: string,
  deps: RevokeTokenDeps,
): Promise<void> {
  const user = expectAccountAdmin(principal);
  const token = await deps.tokens.nameToken(tokenId);
  if (token?.userId === user.userId) {
    const entry = auditEntry(user, deps, { action: 'token.revoke', ...ofToken(token) });
    if (await deps.tokens.revokeOwnToken(user.userId, tokenId, entry)) return;
  }
  throw new Refusal('object-not-found', {}, 'You have no such token; it may be revoked already.');
}

interface RevokeLeakedDeps extends ActDeps {
  identities: Pick<IdentityStore, 'findToken' | 'revokeToken'>;
  tokens: Pick<TokenStore, 'nameToken'>;
}

/**
 * Ends a token for whoever has its text: who found a leaked one can do nothing worse with it than
 * its thief. Doing it again changes nothing.
 *
 * @param hash SHA-256 of the token's text
 * Throws `Refusal` `object-not-found` when there is no such token.
 */
export async function revokeLeakedToken(hash: Uint8Array, deps: RevokeLeakedDeps): Promise<void> {
  const found = await deps.identities.findToken(hash);
  const token = found && (await deps.tokens.nameToken(found.id));
  if (!token) throw new Refusal('object-not-found', {}, 'This is not a token of this hub.');
  const entry = auditEntry(ANONYMOUS, deps, { action: 'token.revoke-leaked', ...ofToken(token) });
  await deps.identities.revokeToken(token.id, entry);
}

/** A token as the subject of an act, with whose it is. */
export const ofToken = ({ id, name, handle }: NamedToken) => ({
  subject: { kind: 'token' as const, id, name },
  detail: { account: handle },
});
